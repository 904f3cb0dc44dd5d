/* SPDX-License-Identifier: Apache-2.0 */
#include "ldapcc/last_run.h"

#include <string.h>

#include "generation/state_file.h"

static const char NAME[] = "last-run";
static const char WAY_OUT[] =
	"remove it: the next run reads everything and prints every finding once more";

/* Reading: a word that says what the line is, then its values */

struct parse {
	TALLOC_CTX *mem_ctx;
	struct lines l;
	struct last_run *last;
};

static void take_quarantined(struct parse *p)
{
	struct quarantine_note *note =
		mem_push(p->mem_ctx, &p->last->quarantined, &p->last->n_quarantined);

	note->since = (int64_t)lines_u64(&p->l, INT64_MAX);
	note->is_kept = lines_u64(&p->l, 1) != 0;
	note->dn = lines_rest(&p->l);
}

static void take_finding(struct parse *p)
{
	struct known_finding *finding =
		mem_push(p->mem_ctx, &p->last->findings, &p->last->n_findings);

	finding->since = (int64_t)lines_u64(&p->l, INT64_MAX);
	finding->printed = (int64_t)lines_u64(&p->l, INT64_MAX);
	finding->text = lines_rest(&p->l);
	finding->place = "";
}

static void take_place(struct parse *p)
{
	if (p->last->n_findings == 0)
		p->l.is_bad = true;
	else
		p->last->findings[p->last->n_findings - 1].place = lines_rest(&p->l);
}

static void take_counts(struct parse *p)
{
	p->last->n_entries = lines_u64(&p->l, UINT32_MAX);
	p->last->n_hosts = lines_u64(&p->l, UINT32_MAX);
	p->last->n_vcns = lines_u64(&p->l, UINT32_MAX);
}

static bool take_number(struct parse *p, const char *word)
{
	if (strcmp(word, "time") == 0)
		p->last->time = (int64_t)lines_u64(&p->l, INT64_MAX);
	else if (strcmp(word, "exit") == 0)
		p->last->exit = (int)lines_u64(&p->l, 255);
	else if (strcmp(word, "read") == 0)
		p->last->read_time = (int64_t)lines_u64(&p->l, INT64_MAX);
	else if (strcmp(word, "due") == 0)
		p->last->due = (int64_t)lines_u64(&p->l, INT64_MAX);
	else if (strcmp(word, "again") == 0)
		p->last->again = (int64_t)lines_u64(&p->l, INT64_MAX);
	else if (strcmp(word, "generation") == 0)
		p->last->generation = lines_u64(&p->l, UINT64_MAX);
	else
		return false;
	return true;
}

static bool take_source(struct parse *p, const char *word)
{
	struct generation_source *source = &p->last->source;

	if (strcmp(word, "uri") == 0)
		source->uri = lines_rest(&p->l);
	else if (strcmp(word, "identity") == 0)
		source->identity = lines_rest(&p->l);
	else if (strcmp(word, "inputs") == 0)
		source->inputs = lines_rest(&p->l);
	else if (strcmp(word, "csn") == 0)
		*mem_push(p->mem_ctx, &source->csn.items, &source->csn.n) =
			lines_rest(&p->l);
	else
		return false;
	return true;
}

static void take_line(struct parse *p)
{
	const char *word = lines_word(&p->l);

	if (strcmp(word, "quarantined") == 0)
		take_quarantined(p);
	else if (strcmp(word, "finding") == 0)
		take_finding(p);
	else if (strcmp(word, "place") == 0)
		take_place(p);
	else if (strcmp(word, "counts") == 0)
		take_counts(p);
	else if (!take_number(p, word) && !take_source(p, word))
		p->l.is_bad = true;
	lines_done(&p->l);
}

int last_run_load(TALLOC_CTX *mem_ctx, const struct state *state, struct diags *diags,
	struct last_run *ret_last)
{
	struct last_run last = {0};
	struct parse p = {.mem_ctx = mem_ctx, .last = &last};
	bool is_there;
	int r = state_file_load(
		mem_ctx, state, NAME, NAME, WAY_OUT, diags, &p.l, &is_there);

	*ret_last = (struct last_run){0};
	if (r < 0 || !is_there)
		return r;
	while (lines_next(&p.l) && !p.l.is_bad)
		take_line(&p);
	if (p.l.is_bad)
		return state_file_damaged(state, NAME, &p.l, WAY_OUT, diags);
	*ret_last = last;
	return 0;
}

/* Writing */

static void put_text(struct buffer *b, const char *word, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	buffer_printf(b, "%s ", word);
	for (; *text != '\0'; text++)
		buffer_add_byte(b, *text == '\n' ? ' ' : *text);
	buffer_add_byte(b, '\n');
}

static void put_source(struct buffer *b, const struct generation_source *source)
{
	put_text(b, "uri", source->uri);
	put_text(b, "identity", source->identity);
	put_text(b, "inputs", source->inputs);
	for (size_t i = 0; i < source->csn.n; i++)
		put_text(b, "csn", source->csn.items[i]);
}

int last_run_save(
	const struct state *state, const struct last_run *last, struct diags *diags)
{
	TMP_CTX(tmp);
	struct buffer *b = buffer_new(tmp);

	state_file_begin(b, NAME);
	buffer_printf(b, "time %lld\nexit %d\nread %lld\ndue %lld\ngeneration %llu\n",
		(long long)last->time, last->exit, (long long)last->read_time,
		(long long)last->due, (unsigned long long)last->generation);
	if (last->again != 0)
		buffer_printf(b, "again %lld\n", (long long)last->again);
	put_source(b, &last->source);
	buffer_printf(
		b, "counts %zu %zu %zu\n", last->n_entries, last->n_hosts, last->n_vcns);
	for (size_t i = 0; i < last->n_quarantined; i++) {
		buffer_printf(b, "quarantined %lld %d ",
			(long long)last->quarantined[i].since,
			last->quarantined[i].is_kept);
		buffer_printf(b, "%s\n", last->quarantined[i].dn);
	}
	for (size_t i = 0; i < last->n_findings; i++) {
		const struct known_finding *finding = &last->findings[i];

		put_text(b,
			mem_printf(tmp, "finding %lld %lld", (long long)finding->since,
				(long long)finding->printed),
			finding->text);
		put_text(b, "place", finding->place);
	}
	return state_file_save(state, NAME, b, diags);
}

const struct generation_source *last_run_source(
	const struct last_run *last, const struct state *state)
{
	return state->current != 0 && last->generation == state->current &&
			       last->source.inputs != NULL
		       ? &last->source
		       : NULL;
}
