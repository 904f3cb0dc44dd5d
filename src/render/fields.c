/* SPDX-License-Identifier: Apache-2.0 */
#include "render/fields.h"

#include <string.h>

#include "render/fields_row.h"

ELEMENTS(shared_network)

/* The outermost context */

static const struct field cluster_computed[] = {
	EXTRA(CLUSTER),
	HAS("has_search", cluster, search),
	HAS("has_timeservers", cluster, timeservers),
	STRINGS("timeservers4", cluster, timeservers4, TIMESERVER),
	HAS("has_timeservers4", cluster, timeservers4),
	{0},
};
static struct field cluster_fields[ROW_ROOM];
static struct shape cluster_shape = {"site", cluster_fields, NULL, NULL};

static const struct field target_fields[] = {
	TEXT("path", target, path),
	{0},
};
static const struct shape target_shape = {"target", target_fields, NULL, NULL};

GETTER(file_serial, globals)
{
	row_give_number(ret, (int64_t)o->serial);
}

static const struct field file_fields[] = {
	TEXT("path", globals, path),
	COMPUTED("serial", VALUE_NUMBER, file_serial),
	{0},
};
static const struct shape file_shape = {"file", file_fields, NULL, NULL};

GETTER(globals_self, globals)
{
	row_give_object(ret, o);
}

/* A site without a vocCluster entry has all its values empty. */
GETTER(globals_site, globals)
{
	static const struct cluster none;

	row_give_object(ret, o->site->n_clusters > 0 ? o->site->clusters[0] : &none);
}

static size_t count_ipv4(const struct site *site)
{
	size_t n = 0;

	while (n < site->n_networks && site->networks[n]->prefix.base.family == 4)
		n++;
	return n;
}

GETTER(globals_domains, globals)
{
	row_give_list(ret, o->site->domains.items, o->site->domains.n);
}

GETTER(globals_networks4, globals)
{
	row_give_list(ret, o->site->networks, count_ipv4(o->site));
}

GETTER(globals_networks6, globals)
{
	size_t n = count_ipv4(o->site);

	row_give_list(ret, o->site->networks + n, o->site->n_networks - n);
}

#define TABLE(name, member) \
	GETTER(globals_##name, globals) \
	{ \
		row_give_list(ret, o->site->member, o->site->n_##member); \
	}
TABLE(networks, networks)
TABLE(shared_networks, shared_networks)
TABLE(hosts, hosts)
TABLE(vcns, vcns)
TABLE(nodes, machines)
TABLE(images, images)
TABLE(repositories, repositories)
TABLE(profiles, profiles)
TABLE(groups, groups)

#define GLOBAL(name, shape, element) \
	{ \
#name, VALUE_LIST, &shape, globals_##name, element, 0, 0 \
	}

static const struct field global_fields[] = {
	{"site", VALUE_OBJECT, &cluster_shape, globals_site, NULL, 0, 0},
	{"file", VALUE_OBJECT, &file_shape, globals_self, NULL, 0, 0},
	{"domains", VALUE_LIST, NULL, globals_domains, row_text_at, FIELD_DOMAIN, 0},
	GLOBAL(networks, network_shape, row_pointer_at),
	GLOBAL(networks4, network_shape, row_pointer_at),
	GLOBAL(networks6, network_shape, row_pointer_at),
	GLOBAL(shared_networks, shared_network_shape, shared_network_at),
	GLOBAL(hosts, machine_shape, row_pointer_at),
	GLOBAL(vcns, machine_shape, row_pointer_at),
	GLOBAL(nodes, machine_shape, row_pointer_at),
	GLOBAL(images, image_shape, row_pointer_at),
	GLOBAL(repositories, repository_shape, row_pointer_at),
	GLOBAL(profiles, profile_shape, row_pointer_at),
	GLOBAL(groups, group_shape, row_pointer_at),
};

/* `targets.NAME`: the field's offset is the target's place in the array */
static void get_target(const struct field *field, const void *object, struct value *ret)
{
	const struct globals *globals = object;

	row_give_object(ret, globals->targets + field->offset);
}

static const struct shape *targets_shape(
	TALLOC_CTX *mem_ctx, const struct target *targets, size_t n_targets)
{
	struct shape *shape = mem_new(mem_ctx, struct shape);
	struct field *fields = mem_array(shape, struct field, n_targets + 1);

	for (size_t i = 0; i < n_targets; i++)
		fields[i] = (struct field){targets[i].name, VALUE_OBJECT, &target_shape,
			get_target, NULL, 0, i};
	shape->name = "targets";
	shape->fields = fields;
	return shape;
}

/* The rows of the uses and the computed ones, joined when the first template is compiled. */
static void join_rows(void)
{
	row_join(cluster_fields, cluster_computed, KIND_CLUSTER, KIND_NONE);
	fields_join_network();
	fields_join_node();
	fields_join_install();
}

const struct shape *fields_globals(TALLOC_CTX *mem_ctx, const struct map *map,
	const struct target *targets, size_t n_targets)
{
	struct shape *shape = mem_new(mem_ctx, struct shape);
	struct field *fields =
		mem_array(shape, struct field, ARRAY_SIZE(global_fields) + 2);

	join_rows();
	fields_extras(mem_ctx, map);
	memcpy(fields, global_fields, sizeof(global_fields));
	fields[ARRAY_SIZE(global_fields)] = (struct field){"targets", VALUE_OBJECT,
		targets_shape(shape, targets, n_targets), globals_self, NULL, 0, 0};
	shape->name = "template";
	shape->fields = fields;
	return shape;
}

struct record *fields_record(const struct shape *shape, const void *object)
{
	/* the model is read-only here, but its records take marks (record->is_bad) */
	void *mutable = (void *)(uintptr_t)object;

	if (shape >= extra_shapes && shape < extra_shapes + _KIND_MAX)
		return mutable;
	if (shape == &machine_shape)
		return &((struct machine *)mutable)->record;
	if (shape == &reservation_shape)
		return &((struct reservation *)mutable)->interface->record;
	if (shape == &hardware_shape)
		return &((struct hardware *)mutable)->interface->machine->record;
	if (shape == &interface_shape || shape == &network_shape ||
		shape == &profile_shape || shape == &image_shape ||
		shape == &repository_shape || shape == &cluster_shape ||
		shape == &group_shape)
		return mutable;
	return NULL;
}

const struct machine *fields_machine(const struct shape *shape, const void *object)
{
	if (shape == &machine_shape)
		return object;
	if (shape == &reservation_shape)
		return ((const struct reservation *)object)->interface->machine;
	if (shape == &hardware_shape)
		return ((const struct hardware *)object)->interface->machine;
	if (shape == &interface_shape)
		return ((const struct interface *)object)->machine;
	return NULL;
}
