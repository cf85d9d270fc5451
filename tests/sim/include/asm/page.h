/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SIM_ASM_PAGE_H
#define SIM_ASM_PAGE_H

#define PAGE_SIZE	4096UL

#endif
