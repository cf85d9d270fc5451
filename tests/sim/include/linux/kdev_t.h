/* SPDX-License-Identifier: GPL-2.0 */
#define MINORBITS		20
#define MAJOR(dev)		((unsigned int)((dev) >> MINORBITS))
#define MINOR(dev)		((unsigned int)((dev) & ((1U << MINORBITS) - 1)))
#define MKDEV(major, minor)	((dev_t)(major) << MINORBITS | (minor))
