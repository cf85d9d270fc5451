/* SPDX-License-Identifier: GPL-2.0 */
/* Some drivers take the type of object caches from here. */
#ifndef _SYS_KMEM_IMPL_H
#define _SYS_KMEM_IMPL_H

#include <sys/kmem.h>

#endif /* _SYS_KMEM_IMPL_H */
