/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"
#include "ldapcc/dns_ask.h"
#include "ldapcc/verify.h"
#include "model/zone.h"

/* What is to be asked, and what the answer has to be. */
struct expected {
	const char *name;
	uint16_t type;
	struct strings data; /* as dns_answer has it, sorted */
	bool is_sampled; /* one of many: else it is asked always */
};

struct inquiry {
	struct verify *v;
	TALLOC_CTX *mem_ctx;
	struct expected *items;
	size_t n;
	bool has_hosts; /* some server has every name, not only those in zones */
	bool has_zones;
};

/* What there is to know of a site, an item at a time */

struct answer {
	const char *name, *data;
	uint16_t type;
	bool is_sampled;
};

struct answers {
	struct answer *items;
	size_t n;
};

static void add(TALLOC_CTX *mem_ctx, struct answers *all, const char *name,
	enum dns_type type, const char *data, bool is_sampled)
{
	*mem_push(mem_ctx, &all->items, &all->n) =
		(struct answer){name, data, (uint16_t)type, is_sampled};
}

/* Is @name served by what was published: by a hosts file, or in one of the zones? */
static bool is_served(const struct inquiry *q, const struct site *site, const char *name)
{
	if (q->has_hosts)
		return true;
	return zone_of(site, name) != NULL;
}

static void add_address(struct inquiry *q, const struct site *site, struct answers *all,
	const struct address *address)
{
	enum dns_type type = address->ip.family == 4 ? DNS_A : DNS_AAAA;
	enum dns_type other = type == DNS_A ? DNS_AAAA : DNS_A;
	char text[IP_TEXT_MAX], reverse[REVERSE_TEXT_MAX];
	const char *ip = mem_strdup(q->mem_ctx, ip_format(address->ip, text));

	for (uint32_t i = 0; i < address->names.n; i++) {
		const char *name = address->names.items[i];

		if (strchr(name, '.') == NULL || !is_served(q, site, name))
			continue;
		add(q->mem_ctx, all, name, type, ip, true);
		add(q->mem_ctx, all, name, other, NULL, true);
	}
	const char *pointer = ip_reverse_name(address->ip, reverse);

	/* the provider has the zone of the whole /24, and we a part of it (RFC 2317) */
	if (!is_served(q, site, pointer) && address->network != NULL)
		pointer = mem_printf(q->mem_ctx, "%u.%s", address->ip.bytes[3],
			prefix_delegated_zone(address->network->prefix, reverse));
	if (address->names.n > 0 && is_served(q, site, pointer))
		add(q->mem_ctx, all, mem_strdup(q->mem_ctx, pointer), DNS_PTR,
			mem_printf(q->mem_ctx, "%s.", address->names.items[0]), true);
}

static void add_site(struct inquiry *q, const struct site *site, struct answers *all)
{
	for (size_t i = 0; i < site->n_machines; i++)
		for (uint32_t j = 0; j < site->machines[i]->n_interfaces; j++) {
			const struct interface *interface =
				site->machines[i]->interfaces[j];

			for (uint32_t k = 0; k < interface->n_addresses; k++)
				add_address(q, site, all, &interface->addresses[k]);
		}
	for (size_t i = 0; i < site->n_dns_records; i++)
		if (is_served(q, site, site->dns_records[i]->owner))
			add(q->mem_ctx, all, site->dns_records[i]->owner,
				site->dns_records[i]->type,
				dns_data_text(q->mem_ctx, site->dns_records[i]), false);
}

/* The serial that a zone's file has, where one of the targets printed it. */
static void add_serials(struct inquiry *q, struct answers *all)
{
	const struct site *site = q->v->run->site;
	const struct generation *current = q->v->current;

	for (size_t i = 0; i < site->n_zones; i++) {
		TMP_CTX(tmp);
		const char *name = mem_printf(tmp, "/%s.zone", site->zones[i]->name);

		for (size_t j = 0; j < current->n_files; j++)
			if (current->files[j].serial > 0 &&
				text_has_suffix(current->files[j].path, name))
				add(q->mem_ctx, all, site->zones[i]->name, DNS_SOA,
					mem_printf(q->mem_ctx, "%llu",
						(unsigned long long)current->files[j]
							.serial),
					false);
	}
}

/* Sorted into one item a name and type */

static int compare_answers(const void *left, const void *right)
{
	const struct answer *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	if (order == 0)
		order = a->type - b->type;
	return order != 0 ? order : text_compare(a->data, b->data);
}

static void add_expected(struct inquiry *q, const struct answer *answers, size_t n)
{
	struct expected *item = mem_push(q->mem_ctx, &q->items, &q->n);

	*item = (struct expected){
		.name = answers->name, .type = answers->type, .is_sampled = true};
	item->data.items = mem_array(q->mem_ctx, const char *, n);
	for (size_t i = 0; i < n; i++) {
		const char *last =
			item->data.n == 0 ? NULL : item->data.items[item->data.n - 1];

		item->is_sampled &= answers[i].is_sampled;
		if (answers[i].data != NULL && text_compare(answers[i].data, last) != 0)
			item->data.items[item->data.n++] = answers[i].data;
	}
}

static void sort_answers(struct inquiry *q, struct answers *all)
{
	if (all->n > 1)
		qsort(all->items, all->n, sizeof(*all->items), compare_answers);
	for (size_t start = 0, end; start < all->n; start = end) {
		for (end = start + 1;
			end < all->n && all->items[start].type == all->items[end].type &&
			strcmp(all->items[start].name, all->items[end].name) == 0;
			end++)
			;
		add_expected(q, &all->items[start], end - start);
	}
}

static bool is_expected(const struct inquiry *q, const struct answer *answer)
{
	size_t low = 0, high = q->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(q->items[middle].name, answer->name);

		if (order == 0)
			order = q->items[middle].type - answer->type;
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* What the generation before had and this one has not: nobody must have it any more. */
static void add_gone(struct inquiry *q)
{
	struct answers before = {0};
	size_t n = 0, kept;

	if (q->v->before == NULL)
		return;
	add_site(q, q->v->before, &before);
	for (size_t i = 0; i < before.n; i++) {
		if (is_expected(q, &before.items[i]) ||
			!is_served(q, q->v->run->site, before.items[i].name))
			continue;
		before.items[n] = before.items[i];
		before.items[n].data = NULL;
		before.items[n++].is_sampled = false;
	}
	before.n = n;
	kept = q->n;
	sort_answers(q, &before);
	if (q->v->run->arguments.all || q->n - kept <= q->v->run->settings->verify.sample)
		return;
	for (size_t i = kept; i < q->n; i++)
		q->items[i].is_sampled = true;
}

/* Every n-th of those that are sampled, from another one on each time. */
static size_t choose(const struct inquiry *q, struct dns_question *questions,
	const struct expected **asked)
{
	const struct run *run = q->v->run;
	size_t n_sampled = 0, n = 0, seen = 0, step, first = 0;
	uint32_t random = 0;

	for (size_t i = 0; i < q->n; i++)
		n_sampled += q->items[i].is_sampled;
	step = run->arguments.all ? 1
				  : (n_sampled + run->settings->verify.sample - 1) /
					    run->settings->verify.sample;
	if (step > 1 && getrandom(&random, sizeof(random), 0) == sizeof(random))
		first = random % step;
	for (size_t i = 0; i < q->n; i++) {
		if (q->items[i].is_sampled && seen++ % step != first)
			continue;
		questions[n] = (struct dns_question){
			.name = q->items[i].name, .type = q->items[i].type};
		asked[n++] = &q->items[i];
	}
	return n;
}

/* Comparing */

static const char *join(TALLOC_CTX *mem_ctx, const struct strings *list)
{
	struct buffer *b = buffer_new(mem_ctx);

	for (uint32_t i = 0; i < list->n; i++)
		buffer_printf(b, "%s%s", i == 0 ? "" : ", ", list->items[i]);
	return list->n == 0 ? "nothing" : b->data;
}

static bool has(const struct strings *list, const char *text)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

/* Of serials one: each server has files of its own, of which one may be newer. */
static bool is_right(const struct expected *expected, const struct dns_question *question)
{
	if (expected->type == DNS_SOA)
		return question->found.n == 1 &&
		       has(&expected->data, question->found.items[0]);
	return strings_equal(&expected->data, &question->found);
}

static void compare(struct inquiry *q, const char *where, const struct expected *expected,
	const struct dns_question *question)
{
	TMP_CTX(tmp);
	const char *type = dns_type_name(expected->type);
	bool is_there =
		question->rcode == DNS_RCODE_OK || question->rcode == DNS_RCODE_NO_NAME;

	/* dnsmasq has no zones, and so no serials; others have no names outside of zones */
	if (q->has_hosts &&
		((expected->type == DNS_SOA && question->found.n == 0) ||
			(!is_there && q->has_zones &&
				zone_of(q->v->run->site, expected->name) == NULL)))
		return;
	q->v->n_looked_at++;
	if (!is_there)
		verify_report(q->v, where, "%s %s: answers %s, not %s", expected->name,
			type, dns_rcode_name(tmp, question->rcode),
			join(tmp, &expected->data));
	else if (!is_right(expected, question))
		verify_report(q->v, where, "%s %s: answers %s, not %s", expected->name,
			type, join(tmp, &question->found), join(tmp, &expected->data));
}

/*
 * An address of a network smaller than a /24: a server that only answers for its zones gives
 * the CNAME (RFC 2317), and leaves the rest to who asks.
 */
static void follow_aliases(struct inquiry *q, const struct dns_server *server,
	struct dns_question *questions, size_t n, unsigned timeout_ms)
{
	struct dns_question *again = mem_array(q->mem_ctx, struct dns_question, n + 1);
	size_t n_again = 0;

	for (size_t i = 0; i < n; i++)
		if (questions[i].type == DNS_PTR && questions[i].found.n == 0 &&
			questions[i].alias != NULL)
			again[n_again++] = (struct dns_question){
				.name = questions[i].alias, .type = DNS_PTR};
	if (n_again == 0 || dns_ask(q->mem_ctx, server, again, n_again, timeout_ms) < 0)
		return;
	for (size_t i = 0, j = 0; i < n; i++) {
		if (questions[i].type != DNS_PTR || questions[i].found.n > 0 ||
			questions[i].alias == NULL)
			continue;
		questions[i].is_answered = again[j].is_answered;
		questions[i].found = again[j].found;
		questions[i].rcode = again[j++].rcode;
	}
}

static void ask_server(struct inquiry *q, const struct dns_server *server,
	struct dns_question *questions, const struct expected **asked, size_t n)
{
	TMP_CTX(tmp);
	unsigned timeout_ms = q->v->run->settings->verify.timeout_s * 1000;
	const char *where = mem_printf(tmp, "dns %s", server->name);
	size_t n_silent = 0;
	int r = dns_ask(q->mem_ctx, server, questions, n, timeout_ms);

	if (r == 0)
		follow_aliases(q, server, questions, n, timeout_ms);
	if (r < 0) {
		verify_report(q->v, where, "does not answer: %s", strerror(-r));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		n_silent += !questions[i].is_answered;
		if (questions[i].is_answered)
			compare(q, where, asked[i], &questions[i]);
	}
	if (n_silent > 0)
		verify_report(q->v, where, "does not answer: %zu of %zu %s", n_silent, n,
			text_plural(n, "question", "questions"));
}

static void ask_all(struct inquiry *q)
{
	const struct string_list *servers = &q->v->run->settings->verify.dns;
	const struct expected **asked =
		mem_array(q->mem_ctx, const struct expected *, q->n + 1);
	struct dns_question *chosen =
		mem_array(q->mem_ctx, struct dns_question, q->n + 1);
	size_t n = choose(q, chosen, asked);

	for (size_t i = 0; i < servers->n; i++) {
		struct dns_question *questions =
			mem_array(q->mem_ctx, struct dns_question, n + 1);
		struct dns_server server;

		memcpy(questions, chosen, n * sizeof(*questions));
		/* command_verify() has looked at it before */
		if (dns_server_parse(servers->items[i], &server))
			ask_server(q, &server, questions, asked, n);
		talloc_free(questions);
	}
}

void verify_dns(struct verify *v)
{
	TMP_CTX(tmp);
	struct inquiry q = {.v = v,
		.mem_ctx = tmp,
		.has_hosts = verify_has_target(v, "dnsmasq-hosts"),
		.has_zones = v->run->site->n_zones > 0};
	struct answers all = {0};

	if (!q.has_hosts && !q.has_zones)
		return;
	add_site(&q, v->run->site, &all);
	add_serials(&q, &all);
	sort_answers(&q, &all);
	add_gone(&q);
	ask_all(&q);
}
