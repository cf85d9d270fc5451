// SPDX-License-Identifier: GPL-2.0
/* Numbers in strings: ddi_strtol(9F), ddi_strtoul(9F), ddi_strtoll(9F), ddi_strtoull(9F). */
#include <sys/ddi.h>
#include <sys/errno.h>
#include <sys/sunddi.h>
#include <linux/export.h>

static int str_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return 36;
}

/*
 * Parse magnitude and sign of the number at @str. @endp, if not NULL, is set to the end of the
 * number, or to @str if there is no number.
 */
static int str_parse(const char *str, char **endp, int base, u_longlong_t *valuep,
		     boolean_t *negativep)
{
	const char *s = str;
	u_longlong_t value = 0;
	int rc = 0, d;

	if (endp)
		*endp = (char *)str;
	if (base < 0 || base == 1 || base > 36)
		return EINVAL;
	while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
		s++;
	*negativep = *s == '-' ? B_TRUE : B_FALSE;
	if (*s == '-' || *s == '+')
		s++;
	if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 0x20) == 'x' &&
	    str_digit(s[2]) < 16) {
		s += 2;
		base = 16;
	}
	if (base == 0)
		base = *s == '0' ? 8 : 10;
	if (str_digit(*s) >= base)
		return EINVAL;
	for (; (d = str_digit(*s)) < base; s++) {
		if (__builtin_mul_overflow(value, (u_longlong_t)base, &value) ||
		    __builtin_add_overflow(value, (u_longlong_t)d, &value))
			rc = ERANGE;
	}
	if (endp)
		*endp = (char *)s;
	*valuep = value;
	return rc;
}

static int parse_signed(const char *str, char **endp, int base, longlong_t min, longlong_t max,
			longlong_t *result)
{
	boolean_t negative;
	u_longlong_t value;
	int rc = str_parse(str, endp, base, &value, &negative);

	if (rc)
		return rc;
	if (value > (negative ? 0 - (u_longlong_t)min : (u_longlong_t)max))
		return ERANGE;
	*result = (longlong_t)(negative ? 0 - value : value);
	return 0;
}

static int parse_unsigned(const char *str, char **endp, int base, u_longlong_t max,
			  u_longlong_t *result)
{
	boolean_t negative;
	u_longlong_t value;
	int rc = str_parse(str, endp, base, &value, &negative);

	if (rc)
		return rc;
	if (value > max)
		return ERANGE;
	*result = negative ? 0 - value : value;
	return 0;
}

/**
 * scsa_ddi_strtol() - ddi_strtol(9F)
 * @str: text
 * @endp: takes the end of the number; or NULL
 * @base: 2 to 36; 0: a prefix of 0x or 0 selects 16 or 8, else 10
 * @result: takes the number; unchanged on failure
 *
 * Context: any.
 * Return: 0, EINVAL if there is no number or @base is bad, ERANGE if the number does not fit.
 */
int scsa_ddi_strtol(const char *str, char **endp, int base, long *result)
{
	const longlong_t max = (longlong_t)(~0UL >> 1);
	longlong_t value;
	int rc = parse_signed(str, endp, base, -max - 1, max, &value);

	if (!rc)
		*result = (long)value;
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_ddi_strtol);

/**
 * scsa_ddi_strtoul() - ddi_strtoul(9F)
 * @str: text
 * @endp: takes the end of the number; or NULL
 * @base: as for scsa_ddi_strtol()
 * @result: takes the number; unchanged on failure
 *
 * Context: any.
 * Return: as scsa_ddi_strtol().
 */
int scsa_ddi_strtoul(const char *str, char **endp, int base, unsigned long *result)
{
	u_longlong_t value;
	int rc = parse_unsigned(str, endp, base, ~0UL, &value);

	if (!rc)
		*result = (unsigned long)value;
	return rc;
}
EXPORT_SYMBOL_GPL(scsa_ddi_strtoul);

/**
 * scsa_ddi_strtoll() - ddi_strtoll(9F)
 * @str: text
 * @endp: takes the end of the number; or NULL
 * @base: as for scsa_ddi_strtol()
 * @result: takes the number; unchanged on failure
 *
 * Context: any.
 * Return: as scsa_ddi_strtol().
 */
int scsa_ddi_strtoll(const char *str, char **endp, int base, longlong_t *result)
{
	const longlong_t max = (longlong_t)(~0ULL >> 1);

	return parse_signed(str, endp, base, -max - 1, max, result);
}
EXPORT_SYMBOL_GPL(scsa_ddi_strtoll);

/**
 * scsa_ddi_strtoull() - ddi_strtoull(9F)
 * @str: text
 * @endp: takes the end of the number; or NULL
 * @base: as for scsa_ddi_strtol()
 * @result: takes the number; unchanged on failure
 *
 * Context: any.
 * Return: as scsa_ddi_strtol().
 */
int scsa_ddi_strtoull(const char *str, char **endp, int base, u_longlong_t *result)
{
	return parse_unsigned(str, endp, base, ~0ULL, result);
}
EXPORT_SYMBOL_GPL(scsa_ddi_strtoull);
