/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>
#include <time.h>

enum {
	LABEL_MAX = 63,
	PRINTABLE_MAX = 80,
	LINE_MAX_PRINTED = 1000,
	WORD_MAX = 64,
};

static inline int lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

int text_compare_case(const char *a, const char *b)
{
	for (; *a == *b || lower((unsigned char)*a) == lower((unsigned char)*b); a++, b++)
		if (*a == '\0')
			return 0;
	return lower((unsigned char)*a) - lower((unsigned char)*b);
}

int text_compare(const char *a, const char *b)
{
	return strcmp(a == NULL ? "" : a, b == NULL ? "" : b);
}

int text_compare_items(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The value of each hex digit, and one more; 0: it is none. */
static const uint8_t hex_values[256] = {
	['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16,
};

int text_hex_digit(char c)
{
	return hex_values[(unsigned char)c] - 1;
}

int text_hex_byte(const char *text)
{
	int high = hex_values[(unsigned char)text[0]] - 1;
	int low = high < 0 ? -1 : hex_values[(unsigned char)text[1]] - 1;

	return low < 0 ? -1 : high << 4 | low;
}

char *text_write_hex(char *to, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *from = bytes;

	for (size_t i = 0; i < len; i++) {
		*to++ = digits[from[i] >> 4];
		*to++ = digits[from[i] & 15];
	}
	return to;
}

bool text_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_is_below(const char *path, const char *folder)
{
	return text_has_prefix(path, folder) && path[strlen(folder)] == '/';
}

bool text_has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text), tail = strlen(suffix);

	return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

void text_lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)lower((unsigned char)*text);
}

bool text_is_truth(const char *text, bool *ret)
{
	static const char *const words[][2] = {
		{"no", "yes"}, {"false", "true"}, {"off", "on"}};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(words); i++)
		if (text_equal_case(text, words[i / 2][i % 2])) {
			*ret = i % 2 == 1;
			return true;
		}
	return false;
}

bool text_parse_u64(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		unsigned digit = (unsigned)(*text - '0');

		if (value > (max - digit) / 10 || digit > max)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

static char **split(
	TALLOC_CTX *mem_ctx, const char *text, const char *separators, size_t *ret_n)
{
	char **pieces = NULL;
	size_t n = 0;

	for (;;) {
		text += strspn(text, separators);
		if (*text == '\0')
			break;
		size_t length = strcspn(text, separators);

		*mem_push(mem_ctx, &pieces, &n) = mem_strndup(mem_ctx, text, length);
		text += length;
	}
	*ret_n = n;
	*mem_push(mem_ctx, &pieces, &n) = NULL;
	return pieces;
}

char **text_split_blank(TALLOC_CTX *mem_ctx, const char *text, size_t *ret_n)
{
	return split(mem_ctx, text, " \t\r\n", ret_n);
}

char **text_split(TALLOC_CTX *mem_ctx, const char *text, char separator, size_t *ret_n)
{
	return split(mem_ctx, text, (char[]){separator, '\0'}, ret_n);
}

/* Octets of the UTF-8 sequence at @text, 0 if it is none (RFC 3629 section 4). */
static size_t utf8_length(const unsigned char *text, size_t room)
{
	static const struct {
		unsigned char first_min, first_max, second_min, second_max, length;
	} rows[] = {
		{0x00, 0x7f, 0, 0, 1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (text[0] < rows[i].first_min || text[0] > rows[i].first_max)
			continue;
		if (rows[i].length > room)
			return 0;
		if (rows[i].length > 1 &&
			(text[1] < rows[i].second_min || text[1] > rows[i].second_max))
			return 0;
		for (size_t j = 2; j < rows[i].length; j++)
			if ((text[j] & 0xc0) != 0x80)
				return 0;
		return rows[i].length;
	}
	return 0;
}

char *text_as_utf8(TALLOC_CTX *mem_ctx, const char *text)
{
	TMP_CTX(tmp);
	struct buffer *out = buffer_new(tmp);
	size_t length = strlen(text);

	for (size_t i = 0; i < length;) {
		size_t step = utf8_length((const unsigned char *)text + i, length - i);

		if (step == 0)
			buffer_add_text(out, "\xef\xbf\xbd");
		else
			buffer_add(out, text + i, step);
		i += step == 0 ? 1 : step;
	}
	return mem_strndup(mem_ctx, out->data, out->len);
}

bool text_is_utf8(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;

	for (size_t i = 0; i < length;) {
		/* most are ASCII */
		size_t step = bytes[i] < 0x80 ? 1 : utf8_length(bytes + i, length - i);

		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

bool text_has_control(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return true;
	return false;
}

static uint32_t code_point(const unsigned char *bytes, size_t length)
{
	uint32_t code = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (bytes[i] & 0x3f);
	return code;
}

/*
 * What a terminal or a reader of lines acts upon, or nobody sees, though it is good UTF-8: C1
 * controls, line and paragraph separators, marks that turn the direction of what follows, blanks
 * that are no blank, marks without width.
 */
static bool is_invisible(const unsigned char *bytes, size_t length)
{
	static const struct {
		uint32_t first, last;
	} rows[] = {{0x80, 0xa0}, {0xad, 0xad}, {0x034f, 0x034f}, {0x061c, 0x061c},
		{0x115f, 0x1160}, {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
		{0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000},
		{0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
		{0xfff0, 0xfffb}, {0xe0000, 0xe0fff}};
	uint32_t code = code_point(bytes, length);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (code >= rows[i].first && code <= rows[i].last)
			return true;
	return false;
}

uint32_t text_unseen(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = strlen(text), step;

	for (size_t i = 0; i < length; i += step) {
		/* most are ASCII */
		step = bytes[i] < 0x80 ? 1 : utf8_length(bytes + i, length - i);
		if (step == 0)
			return 0;
		if (step > 1 && is_invisible(bytes + i, step))
			return code_point(bytes + i, step);
	}
	return 0;
}

static char *make_printable(
	TALLOC_CTX *mem_ctx, const char *text, size_t length, size_t at_most)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);
	const unsigned char *bytes = (const unsigned char *)text;

	for (size_t i = 0; i < length;) {
		size_t step = utf8_length(bytes + i, length - i);

		if (b->len >= at_most) {
			buffer_add_text(b, "…");
			break;
		}
		if (step == 0 || (step == 1 && text_has_control(text + i, 1)) ||
			(step > 1 && is_invisible(bytes + i, step))) {
			buffer_printf(b, "\\x%02x", bytes[i]);
			step = 1;
		} else {
			buffer_add(b, text + i, step);
		}
		i += step;
	}
	return mem_strndup(mem_ctx, b->data, b->len);
}

char *text_printable(TALLOC_CTX *mem_ctx, const char *text, size_t length)
{
	return make_printable(mem_ctx, text, length, PRINTABLE_MAX);
}

char *text_printable_line(TALLOC_CTX *mem_ctx, const char *line)
{
	return make_printable(mem_ctx, line, strlen(line), LINE_MAX_PRINTED);
}

static inline bool is_alphanumeric(char c)
{
	return (unsigned)((c | ('a' ^ 'A')) - 'a') < 26 || (unsigned)(c - '0') < 10;
}

static const char *label_fault(const char *label, size_t length)
{
	if (length == 0)
		return "empty label";
	if (length > LABEL_MAX)
		return "label longer than 63 octets";
	if (label[0] == '-' || label[length - 1] == '-')
		return "hyphen at the end of a label";
	return NULL;
}

/* Octets of the label that @name begins with. */
static size_t label_length(const char *name)
{
	size_t length = 0;

	while (is_alphanumeric(name[length]) || name[length] == '-')
		length++;
	return length;
}

bool text_is_word(const char *text)
{
	static const char letters[] = TEXT_LETTERS TEXT_DIGITS "_.:-";

	return text[0] != '\0' && text[0] != '-' && text[0] != '.' &&
	       text[strspn(text, letters)] == '\0';
}

/* An address may stand where a name does: it has a colon, or nothing but numbers. */
static bool is_like_address(const char *name, size_t length)
{
	size_t n = 0;

	while (n < length &&
		(name[n] == '.' || name[n] == '/' || (name[n] >= '0' && name[n] <= '9')))
		n++;
	return n == length || memchr(name, ':', length) != NULL;
}

size_t text_first_label(const char *name, size_t length)
{
	const char *dot = memchr(name, '.', length);

	return dot == NULL || is_like_address(name, length) ? length
							    : (size_t)(dot - name);
}

const char *text_hostname_fault(const char *name)
{
	const char *fault = NULL;

	if (strlen(name) > NAME_MAX_DNS)
		return "name longer than 253 octets";
	for (;; name++) {
		size_t length = label_length(name);
		bool is_alien = name[length] != '\0' && name[length] != '.';

		if (is_alien)
			length = strcspn(name, ".");
		fault = label_fault(name, length);
		if (fault == NULL && is_alien)
			fault = "only letters, digits and hyphens are allowed";
		name += length;
		if (fault != NULL || *name == '\0')
			return fault;
	}
}

/* Levenshtein, one row; words longer than WORD_MAX are far from everything. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t length_b = strlen(b);

	if (length_b > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= length_b; j++)
		row[j] = j;
	for (size_t i = 1; *a != '\0'; a++, i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length_b; j++) {
			size_t substituted = diagonal + (*a != b[j - 1]);
			size_t best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

			diagonal = row[j];
			row[j] = best < substituted ? best : substituted;
		}
	}
	return row[length_b];
}

void text_add_option(struct buffer *b, const char *option, const char *value)
{
	static const char plain[] = TEXT_LETTERS TEXT_DIGITS "/._-+:@%,=";

	if (value == NULL)
		return;
	buffer_printf(b, " --%s ", option);
	for (; *value != '\0'; value++) {
		if (strchr(plain, *value) == NULL && (unsigned char)*value < 0x80)
			buffer_add_byte(b, '\\');
		buffer_add_byte(b, *value);
	}
}

const char *text_plural(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

const char *text_nearest(const char *word, const char *const *candidates)
{
	const char *nearest = NULL;
	size_t limit = strlen(word) / 3 + 1;

	for (; *candidates != NULL; candidates++) {
		size_t distance = edit_distance(word, *candidates);

		if (distance <= limit) {
			nearest = *candidates;
			limit = distance;
			if (distance == 0)
				break;
			limit--;
		}
	}
	return nearest;
}

/* Time */

/* Two digits of at most @max, and past them; false where there are none. */
static bool take_two(const char **text, int min, int max, int *ret)
{
	const char *at = *text;

	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	*ret = (at[0] - '0') * 10 + (at[1] - '0');
	*text += 2;
	return *ret >= min && *ret <= max;
}

/* `Z`, or the difference to it, to the end; seconds. */
static bool take_zone(const char *text, int64_t *ret)
{
	int hours, minutes = 0, sign = *text == '-' ? -1 : 1;

	*ret = 0;
	if (strcmp(text, "Z") == 0)
		return true;
	if (*text != '+' && *text != '-')
		return false;
	text++;
	if (!take_two(&text, 0, 23, &hours) ||
		(*text != '\0' && !take_two(&text, 0, 59, &minutes)))
		return false;
	*ret = sign * (hours * 3600 + minutes * 60);
	return *text == '\0';
}

/*
 * Days from 1970 to a day of the Gregorian calendar; years begin in March here, so that the leap
 * day is their last.
 */
static int64_t days_to(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_day(int year, int month, int day)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return day <= days[month - 1] + (month == 2 && is_leap);
}

/* The part of @unit seconds that the digits behind a dot or comma are; false without digits. */
static bool take_fraction(const char **text, int64_t unit, int64_t *ret)
{
	enum { DIGITS = 9 };
	int64_t number = 0, whole = 1;
	const char *digits = *text + 1;
	size_t n = strspn(digits, "0123456789");

	*ret = 0;
	if (**text != '.' && **text != ',')
		return true;
	for (size_t i = 0; i < n && i < DIGITS; i++) {
		number = number * 10 + (digits[i] - '0');
		whole *= 10;
	}
	*ret = number * unit / whole;
	*text = digits + n;
	return n > 0;
}

bool text_parse_time(const char *text, int64_t *ret)
{
	int century, year, month, day, hour, minute = 0, second = 0;
	int64_t zone, unit = 3600, fraction;

	if (!take_two(&text, 0, 99, &century) || !take_two(&text, 0, 99, &year) ||
		!take_two(&text, 1, 12, &month) || !take_two(&text, 1, 31, &day) ||
		!take_two(&text, 0, 23, &hour))
		return false;
	if (*text >= '0' && *text <= '9') {
		unit = 60;
		if (!take_two(&text, 0, 59, &minute))
			return false;
	}
	if (*text >= '0' && *text <= '9') {
		unit = 1;
		if (!take_two(&text, 0, 60, &second))
			return false;
	}
	if (!take_fraction(&text, unit, &fraction) || !take_zone(text, &zone))
		return false;
	year += century * 100;
	if (!is_day(year, month, day))
		return false;
	*ret = days_to(year, month, day) * 86400 + hour * 3600 + minute * 60 + second +
	       fraction - zone;
	return true;
}

char *text_format_time(TALLOC_CTX *mem_ctx, int64_t seconds)
{
	char text[40] = "";
	time_t when = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&when, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return mem_strdup(mem_ctx, text);
}
