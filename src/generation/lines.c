/* SPDX-License-Identifier: Apache-2.0 */
#include "generation/lines.h"

#include <string.h>

#include "base/text.h"

void lines_init(struct lines *l, char *text, size_t len)
{
	*l = (struct lines){.at = text, .end = text + len};
}

bool lines_next(struct lines *l)
{
	if (l->at >= l->end)
		return false;
	char *newline = memchr(l->at, '\n', (size_t)(l->end - l->at));

	l->number++;
	l->rest = l->at;
	if (newline == NULL) {
		l->is_bad = true;
		l->at = l->end;
		return true;
	}
	*newline = '\0';
	l->at = newline + 1;
	return true;
}

char *lines_word(struct lines *l)
{
	static char none[1];
	char *word = l->rest;

	if (word == NULL || word[0] == '\0' || word[0] == ' ') {
		l->is_bad = true;
		return none;
	}
	char *blank = strchr(word, ' ');

	l->rest = blank == NULL ? NULL : blank + 1;
	if (blank != NULL)
		*blank = '\0';
	return word;
}

uint64_t lines_u64(struct lines *l, uint64_t max)
{
	uint64_t value = 0;

	if (!text_parse_u64(lines_word(l), max, &value))
		l->is_bad = true;
	return value;
}

void lines_hex(struct lines *l, uint8_t *ret, size_t len)
{
	const char *word = lines_word(l);

	for (size_t i = 0; i < len; i++) {
		int byte = text_hex_byte(word);

		if (byte < 0) {
			l->is_bad = true;
			return;
		}
		ret[i] = (uint8_t)byte;
		word += 2;
	}
	if (*word != '\0')
		l->is_bad = true;
}

char *lines_rest(struct lines *l)
{
	static char none[1];
	char *rest = l->rest;

	if (rest == NULL) {
		l->is_bad = true;
		return none;
	}
	l->rest = NULL;
	return rest;
}

void lines_done(struct lines *l)
{
	if (l->rest != NULL)
		l->is_bad = true;
}

void lines_add_u64(struct buffer *b, uint64_t value)
{
	char digits[20];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	char *to = buffer_reserve(b, n);

	for (size_t i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	buffer_grown(b, n);
}

void lines_add_hex(struct buffer *b, const uint8_t *bytes, size_t len)
{
	(void)text_write_hex(buffer_reserve(b, 2 * len), bytes, len);
	buffer_grown(b, 2 * len);
}
