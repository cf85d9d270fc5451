/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __LITTLE_ENDIAN
#define __LITTLE_ENDIAN		1234
#endif
