/* SPDX-License-Identifier: GPL-2.0 */
#define U32_MAX			0xffffffffu
#define U64_MAX			0xffffffffffffffffull
