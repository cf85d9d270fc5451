/* SPDX-License-Identifier: GPL-2.0 */
#define S_IFCHR			0020000
