/* SPDX-License-Identifier: GPL-2.0 */
/* CHECK(), a condition of a clause: a test notes the first that fails, and leaves by its "out". */
#ifndef _CONTRACT_CHECK_H
#define _CONTRACT_CHECK_H

#define CHECK(cond)							\
	do {								\
		if (!(cond)) {						\
			why = #cond;					\
			goto out;					\
		}							\
	} while (0)

#endif /* _CONTRACT_CHECK_H */
