/* SPDX-License-Identifier: GPL-2.0 */
/* Annotations for Solaris' static lock checker. They compile to nothing. */
#ifndef _SYS_NOTE_H
#define _SYS_NOTE_H

#define _NOTE(s)

#endif /* _SYS_NOTE_H */
