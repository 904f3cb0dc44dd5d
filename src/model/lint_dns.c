/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "model/absent.h"
#include "model/dns_record.h"
#include "model/lint_rules.h"
#include "model/zone.h"

/*
 * DNS records: the servers' checkers pass an MX to nowhere and an SRV to an alias, and refuse
 * the whole zone for a CNAME beside other data. A fault costs the record, not its entry.
 */

enum { DNSMASQ_LINE_ROOM = 999 - sizeof("dns-rr=,16,") };

struct dns_lint {
	struct reporter *r;
	struct table *domains; /* of cluster and networks -> its record */
	struct table *owners; /* name -> the first of its records, struct owned */
	struct dns_record **refused; /* to be dropped when all have been looked at */
	size_t n_refused;
};

/* The records of one name. */
struct owned {
	struct dns_record *record;
	struct owned *next;
};

/*
 * What a directory's own zones say was served as it is, and is nobody's mistake of today: a
 * warning. It is left out all the same.
 */
static bool is_of_zone(const struct dns_record *record)
{
	const struct record *of = record->record;

	for (uint32_t i = 0; i < of->n_origins; i++)
		if (of->origins[i].field == record->field && of->origins[i].dn != NULL)
			return true;
	return record->machine != NULL && record->machine->is_zone_name;
}

static struct finding *report(struct dns_lint *l, struct dns_record *record,
	enum check check, const char *name, const char *why)
{
	bool is_zones = is_of_zone(record), was_bad = record->record->is_bad,
	     was_wrong = record->record->is_wrong;
	struct finding *finding = check_report_at(l->r, check,
		is_zones ? SEVERITY_WARNING : check_default(check), record->record,
		(enum field_id)record->field, "%s record of '%s': '%s' %s%s",
		dns_type_name(record->type), record->owner == NULL ? "" : record->owner,
		name, why, is_zones ? ": the record is left out" : "");

	record->record->is_bad = was_bad;
	record->record->is_wrong = was_wrong;
	if (is_zones || finding->severity == SEVERITY_ERROR)
		*mem_push(l->owners, &l->refused, &l->n_refused) = record;
	return finding;
}

/* Each rule sees the records as they came to it: of a ring of aliases all are in error. */
static void for_each_record(
	struct dns_lint *l, void (*rule)(struct dns_lint *l, struct dns_record *record))
{
	const struct site *site = l->r->site;

	for (size_t i = 0; i < site->n_dns_records; i++)
		if (!site->dns_records[i]->is_dropped)
			rule(l, site->dns_records[i]);
	for (size_t i = 0; i < l->n_refused; i++)
		l->refused[i]->is_dropped = true;
}

/* What a record needs of its own */

/* With the domain that it got: the server refuses a whole zone for it. */
static bool is_long(const char *name)
{
	return name != NULL && strlen(name) > NAME_MAX_DNS;
}

static void check_own(struct dns_lint *l, struct dns_record *record)
{
	TMP_CTX(tmp);
	const char *why = NULL;

	if (is_long(record->owner))
		why = "its name is longer than 253 octets";
	else if (is_long(record->target))
		why = "the name that it points at is longer than 253 octets";
	else if (record->owner == NULL)
		why = model_domain(l->r->site, NULL) != NULL
			      ? "has no name: that of its entry is none"
			      : "has no name: neither the entry nor the cluster has a domain";
	else if (record->type == DNS_TXT &&
		 strlen(record->owner) + strlen(dns_record_hex(tmp, record)) >
			 DNSMASQ_LINE_ROOM)
		why = "is longer than a line of dnsmasq can carry";
	if (why == NULL)
		return;
	check_report_value(l->r, CHECK_BAD_VALUE, record->record,
		(enum field_id)record->field, "%s record: %s",
		dns_type_name(record->type), why);
	record->is_dropped = true;
}

static void collect(struct dns_lint *l)
{
	struct site *site = l->r->site;

	for (size_t i = site->n_dns_records; i-- > 0;) {
		struct dns_record *record = site->dns_records[i];

		if (record->is_dropped || record->owner == NULL)
			continue;
		void **slot = table_slot(l->owners, record->owner);
		struct owned *one = mem_new(l->owners, struct owned);

		*one = (struct owned){record, *slot};
		*slot = one;
	}
}

/* Names that the model has otherwise */

static const struct name_holder *addressed(const struct dns_lint *l, const char *name)
{
	const struct name_holder *holder = table_find(l->r->site->full_names, name);

	for (; holder != NULL; holder = holder->next) {
		const struct interface *interface = holder_interface(holder);

		if (interface != NULL && interface->n_addresses > 0)
			return holder;
	}
	return NULL;
}

static struct dns_record *cname_of(const struct dns_lint *l, const char *name)
{
	const struct owned *one = table_find(l->owners, name);

	for (; one != NULL; one = one->next)
		if (one->record->type == DNS_CNAME && !one->record->is_dropped)
			return one->record;
	return NULL;
}

static bool has_records(const struct dns_lint *l, const char *name)
{
	const struct owned *one = table_find(l->owners, name);

	while (one != NULL && one->record->is_dropped)
		one = one->next;
	return one != NULL;
}

static bool is_ours(const struct dns_lint *l, const char *name)
{
	for (; name != NULL; name = model_domain_of(name))
		if (table_find(l->domains, name) != NULL)
			return true;
	return false;
}

/* A CNAME beside other data */

/* Another record of the name; the same CNAME once more is no other. */
static const struct dns_record *find_other(
	const struct dns_lint *l, const struct dns_record *record)
{
	const struct owned *one = table_find(l->owners, record->owner);

	for (; one != NULL; one = one->next)
		if (!one->record->is_dropped &&
			dns_record_compare(one->record, record) != 0)
			return one->record;
	return NULL;
}

static void check_alone(struct dns_lint *l, struct dns_record *record)
{
	if (record->type != DNS_CNAME)
		return;
	const struct dns_record *other = find_other(l, record);
	const struct name_holder *holder = addressed(l, record->owner);
	struct record *domain = table_find(l->domains, record->owner);
	struct finding *finding;

	if (holder != NULL) {
		finding = report(l, record, CHECK_CNAME_CONFLICT, record->owner,
			"has addresses, so it can be no alias");
		lint_note(l->r, finding, holder->record, FIELD_ADDRESS,
			"the addresses are here");
	} else if (domain != NULL) {
		finding = report(l, record, CHECK_CNAME_CONFLICT, record->owner,
			"is a domain, so it can be no alias");
		lint_note(l->r, finding, domain, FIELD_DOMAIN, "it is one here");
	} else if (other != NULL) {
		finding = report(l, record, CHECK_CNAME_CONFLICT, record->owner,
			"has other records, so it can be no alias");
		lint_note(l->r, finding, other->record, (enum field_id)other->field,
			"another one is here");
	}
}

/* What records point to */

/* No fault of who points there, and of no use to anybody. */
static void report_excluded(struct dns_lint *l, struct dns_record *record)
{
	check_report_at(l->r, CHECK_DANGLING_NAME, SEVERITY_WARNING, record->record,
		(enum field_id)record->field,
		"%s record: '%s' is excluded: the record is left out",
		dns_type_name(record->type), record->target);
	*mem_push(l->owners, &l->refused, &l->n_refused) = record;
}

/* 7.2.0.192.in-addr.arpa */
static bool read_reverse_name(const char *name, struct ip *ret)
{
	TMP_CTX(tmp);
	size_t n;
	char **labels = text_split(tmp, name, '.', &n);

	if (n != 6 || !text_has_suffix(name, ".in-addr.arpa"))
		return false;
	return ip_parse(mem_printf(tmp, "%s.%s.%s.%s", labels[3], labels[2], labels[1],
				labels[0]),
		ret);
}

/* In the zone around a network smaller than a /24 the name of an address is an alias (RFC 2317). */
static bool check_reverse_target(struct dns_lint *l, struct dns_record *record)
{
	const struct site *site = l->r->site;
	struct ip ip;

	if (!site->prints_zones || !read_reverse_name(record->target, &ip))
		return false;
	const struct network *network = model_network_of(site, ip);

	if (network == NULL || !zone_is_around(site, network))
		return false;
	struct finding *finding = report(l, record, CHECK_ALIAS_TARGET, record->target,
		"is an alias itself: point to the name in the zone of its network");

	lint_note(l->r, finding, &network->record, FIELD_NETWORK, "the network");
	return true;
}

static void check_target(struct dns_lint *l, struct dns_record *record)
{
	const char *target = record->target;
	const struct dns_record *alias;

	if (target == NULL || target[0] == '\0' || check_reverse_target(l, record))
		return;
	alias = cname_of(l, target);
	if (alias != NULL) {
		struct finding *finding = report(l, record, CHECK_ALIAS_TARGET, target,
			"is an alias itself: point to the name behind it");

		lint_note(l->r, finding, alias->record, (enum field_id)alias->field,
			"it is one here");
		return;
	}
	/* an alias may stand for any name that has data; mail and services need addresses */
	bool has_data =
		record->type == DNS_CNAME &&
		(has_records(l, target) || table_find(l->domains, target) != NULL);

	if (!is_ours(l, target) || addressed(l, target) != NULL || has_data)
		return;
	if (absent_has_name(l->r->site->excluded, target))
		report_excluded(l, record);
	else
		report(l, record, CHECK_DANGLING_NAME, target,
			record->type == DNS_CNAME ? "is no name of this site"
						  : "is no name with an address");
}

/* dnsmasq answers what it has itself: a client gets the alias, and no address behind it. */
static void check_dnsmasq(struct dns_lint *l, struct dns_record *record)
{
	if (record->type != DNS_CNAME || record->owner == NULL ||
		is_ours(l, record->target) || addressed(l, record->target) != NULL)
		return;
	check_report(l->r, CHECK_NOT_CARRIED, record->record,
		(enum field_id)record->field,
		"target 'dnsmasq' cannot follow CNAME record of '%s': '%s' is no name of "
		"this site",
		record->owner, record->target);
}

/* Zones */

static void check_reverse(struct dns_lint *l, struct record *record, const char *domain)
{
	if (domain == NULL)
		return;
	if (*table_slot(l->domains, domain) == NULL)
		*table_slot(l->domains, domain) = record;
	if (text_has_suffix(domain, ".in-addr.arpa") ||
		text_has_suffix(domain, ".ip6.arpa"))
		check_report(l->r, CHECK_BAD_VALUE, record, FIELD_DOMAIN,
			"'%s' is a reverse zone, which follows from ipNetworkNumber",
			domain);
}

static void collect_domains(struct dns_lint *l)
{
	struct site *site = l->r->site;

	for (size_t i = 0; i < site->n_clusters; i++)
		check_reverse(l, &site->clusters[i]->record, site->clusters[i]->domain);
	for (size_t i = 0; i < site->n_networks; i++)
		check_reverse(l, &site->networks[i]->record, site->networks[i]->domain);
}

/* @zone is @network's as well: of those that have name servers the first says which. */
static void check_claim(struct dns_lint *l, struct table *claimed, const char *zone,
	struct network *network)
{
	void **slot = table_slot(claimed, zone);
	const struct network *first = *slot;

	if (first == NULL) {
		*slot = network;
		return;
	}
	if (strings_equal(&first->nameservers, &network->nameservers))
		return;
	struct finding *finding = check_report(l->r, CHECK_ZONE_CONFLICT,
		&network->record, FIELD_NAMESERVER,
		"another network of zone '%s' has other name servers: "
		"the zone gets them all",
		zone);

	lint_note(l->r, finding, &first->record, FIELD_NAMESERVER, "the other network");
}

/* Its domain, where the cluster does not say who serves it, and the zone around its own. */
static void check_claims(
	struct dns_lint *l, struct table *claimed, struct network *network)
{
	const struct site *site = l->r->site;
	const struct cluster *cluster = model_cluster(site);
	bool is_clusters = cluster->nameservers.n > 0 &&
			   text_compare(network->domain, cluster->domain) == 0;
	char whole[REVERSE_TEXT_MAX];

	if (network->nameservers.n == 0 && cluster->nameservers.n == 0)
		check_report(l->r, CHECK_NO_NAME_SERVER, &network->record,
			FIELD_NAMESERVER,
			"is missing: the zones of the network get the name server "
			"'localhost'");
	if (network->nameservers.n == 0)
		return;
	if (network->domain != NULL && !is_clusters)
		check_claim(l, claimed, network->domain, network);
	if (zone_is_around(site, network))
		check_claim(l, claimed,
			arena_strdup(site->arena, zone_around(network, whole)), network);
}

static void check_servers(struct dns_lint *l)
{
	struct table *claimed = table_new(l->owners, 16);

	for (size_t i = 0; i < l->r->site->n_networks; i++)
		check_claims(l, claimed, l->r->site->networks[i]);
}

void lint_dns(struct reporter *r)
{
	TMP_CTX(tmp);
	struct dns_lint l = {
		.r = r, .domains = table_new(tmp, 16), .owners = table_new(tmp, 64)};

	collect_domains(&l);
	for_each_record(&l, check_own);
	collect(&l);
	for_each_record(&l, check_alone);
	for_each_record(&l, check_target);
	if (reporter_has_target(r, "dnsmasq"))
		for_each_record(&l, check_dnsmasq);
	if (r->site->prints_zones)
		check_servers(&l);
}
