/* SPDX-License-Identifier: GPL-2.0 */
/* Static probes: there is no DTrace to enable them. */
#ifndef _SYS_SDT_H
#define _SYS_SDT_H

#define DTRACE_PROBE(name)			((void)0)
#define DTRACE_PROBE1(name, ...)		((void)0)
#define DTRACE_PROBE2(name, ...)		((void)0)
#define DTRACE_PROBE3(name, ...)		((void)0)
#define DTRACE_PROBE4(name, ...)		((void)0)
#define DTRACE_PROBE5(name, ...)		((void)0)
#define DTRACE_PROBE6(name, ...)		((void)0)
#define DTRACE_PROBE7(name, ...)		((void)0)
#define DTRACE_PROBE8(name, ...)		((void)0)

#endif /* _SYS_SDT_H */
