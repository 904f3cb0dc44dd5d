/* SPDX-License-Identifier: Apache-2.0 */
#include "render/render.h"

#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/sort.h"
#include "base/table.h"
#include "base/text.h"
#include "model/past.h"
#include "model/ports.h"
#include "render/fields.h"
#include "render/output.h"

struct program {
	const struct target *target;
	struct template *body;
	struct template *path; /* NULL: the target's path has no tags */
	const struct field *when;
	enum shown_nodes shown;
};

struct renderer {
	const struct target *targets;
	size_t n_targets;
	const struct shape *globals;
	struct program *programs;
	uint8_t key[UMAC_KEY_BYTES]; /* of prints */
};

/* Compiling */

static const struct field *find_field(const struct shape *shape, const char *name)
{
	for (const struct field *field = shape->fields; field->name != NULL; field++)
		if (strcmp(field->name, name) == 0)
			return field;
	return NULL;
}

static int compile_when(const struct target *target, struct program *program,
	const struct shape *shape, struct diags *diags)
{
	if (target->when == NULL)
		return 0;
	program->when = shape == NULL ? NULL : find_field(shape, target->when);
	if (program->when == NULL)
		return diag_fail(diags, EXIT_USAGE, target->when_at,
			shape == NULL ? "'when' goes with for-each only"
				      : "'when': a %s has no field '%s'",
			shape == NULL ? "" : shape->name, target->when);
	return 0;
}

static int compile_path(struct renderer *renderer, const struct target *target,
	const struct template_loader *loader, const struct shape *const *stack,
	struct diags *diags)
{
	struct program *program = &renderer->programs[target - renderer->targets];

	if (target->for_each == FOR_SITE)
		return 0;
	struct template_text text = {.path = target->path_at.source,
		.body = target->path,
		.len = strlen(target->path),
		.line_offset = target->path_at.line - 1,
		.column_offset = target->path_at.column - 1,
		.line = target->path_line,
		.language = "text"};

	return template_compile(
		renderer, loader, &text, "path", stack, 2, diags, &program->path);
}

static int compile_target(struct renderer *renderer, const struct target *target,
	const struct template_loader *loader, struct diags *diags)
{
	struct program *program = &renderer->programs[target - renderer->targets];
	const struct shape *shape = output_shape(target->for_each);
	const struct shape *stack[] = {renderer->globals, shape};
	int failed = template_compile(renderer, loader, &target->body, target->name,
		stack, shape == NULL ? 1 : 2, diags, &program->body);
	int failed_when = compile_when(target, program, shape, diags);
	int failed_path = compile_path(renderer, target, loader, stack, diags);

	program->target = target;
	program->shown = failed == 0 ? fields_shown_nodes(program->body) : SHOWN_NONE;
	return failed < 0 ? failed : failed_when < 0 ? failed_when : failed_path;
}

int renderer_new(TALLOC_CTX *mem_ctx, const struct settings *settings,
	const struct map *map, const char *shipped_folder, const struct target *targets,
	size_t n_targets, struct diags *diags, struct renderer **ret_renderer)
{
	TMP_CTX(tmp);
	struct renderer *renderer = mem_new(tmp, struct renderer);
	struct template_loader loader = target_loader(tmp, settings, shipped_folder);
	int result = 0;

	renderer->targets = targets;
	renderer->n_targets = n_targets;
	renderer->globals = fields_globals(renderer, map, targets, n_targets);
	renderer->programs = mem_array(renderer, struct program, n_targets + 1);
	for (size_t i = 0; i < n_targets; i++) {
		int failed = compile_target(renderer, &targets[i], &loader, diags);

		if (failed < 0)
			result = failed;
	}
	if (result == 0)
		*ret_renderer = talloc_steal(mem_ctx, renderer);
	return result;
}

static bool prints(
	const struct renderer *renderer, bool (*shows)(const struct template *template))
{
	for (size_t i = 0; i < renderer->n_targets; i++)
		if (shows(renderer->programs[i].body) ||
			(renderer->programs[i].path != NULL &&
				shows(renderer->programs[i].path)))
			return true;
	return false;
}

bool renderer_prints_groups(const struct renderer *renderer)
{
	return prints(renderer, fields_show_groups);
}

bool renderer_prints_notes(const struct renderer *renderer)
{
	return prints(renderer, fields_show_notes);
}

bool renderer_prints_zones(const struct renderer *renderer)
{
	for (size_t i = 0; i < renderer->n_targets; i++)
		if (renderer->targets[i].for_each == FOR_ZONE)
			return true;
	return prints(renderer, fields_show_zones);
}

/* Refused values */

enum {
	DEPTH_MAX = 64,
};

/* What was refused: of which record, of which attribute. */
struct refusal {
	const struct record *record;
	intptr_t attribute; /* as wide as the pointer: nothing undefined between them */
};

/* One run over all targets: which records refused values, and where we are. */
struct pass {
	struct reporter *reporter;
	const struct target *target;
	/* the objects that are being printed, outermost first */
	struct context stack[DEPTH_MAX];
	size_t depth;
	/* what was reported in this pass: a value stands in several files */
	struct table *refused; /* struct refusal */
	size_t n_refusals;
	bool is_silent; /* they are only counted */
	size_t n_records;
	int failed;
	/* what is being printed, and the node that its last lines are about */
	const struct buffer *buffer;
	const struct machine *node;
	size_t node_depth, node_start;
};

static void enter_object(void *data, const struct context *context, size_t offset)
{
	struct pass *pass = data;

	if (pass->depth < DEPTH_MAX)
		pass->stack[pass->depth] = *context;
	pass->depth++;
	/* a zone is a file of many nodes, as a file of the site is */
	if (pass->node != NULL || (pass->target->for_each != FOR_SITE &&
					  pass->target->for_each != FOR_ZONE))
		return;
	pass->node = fields_machine(context->shape, context->object);
	/* its mark: in the order of a zone the next one lies anywhere in memory */
	if (pass->node != NULL)
		__builtin_prefetch(&pass->node->record.printed, 1);
	pass->node_depth = pass->depth;
	pass->node_start = offset;
}

/* The lines of a node in a file of the whole site count for it: record->printed. */
static void leave_object(
	void *data, const struct context *context _unused_, size_t offset)
{
	struct pass *pass = data;

	if (pass->node != NULL && pass->depth == pass->node_depth) {
		/* the site is read-only here, but its records take marks: sums, whose
		 * order is all the same, of several threads */
		struct record *record =
			&((struct machine *)(uintptr_t)pass->node)->record;
		uint64_t hash = hash_block(
			pass->buffer->data + pass->node_start, offset - pass->node_start);

		(void)__atomic_fetch_add(&record->printed, hash, __ATOMIC_RELAXED);
		pass->node = NULL;
	}
	pass->depth--;
}

static struct record *innermost_record(const struct pass *pass, const struct context *at)
{
	struct record *record = fields_record(at->shape, at->object);

	for (size_t i = pass->depth < DEPTH_MAX ? pass->depth : DEPTH_MAX;
		record == NULL && i-- > 0;)
		record = fields_record(pass->stack[i].shape, pass->stack[i].object);
	return record;
}

static bool is_reported(struct pass *pass, const struct record *record, int attribute)
{
	struct refusal *refusal =
		arena_alloc(pass->reporter->site->arena, sizeof(*refusal));

	*refusal = (struct refusal){record, attribute};
	void **slot =
		table_slot_bytes(pass->refused, (const char *)refusal, sizeof(*refusal));
	bool is_known = *slot != NULL;

	*slot = refusal;
	pass->n_refusals += !is_known;
	return is_known;
}

static void refuse_of(struct pass *pass, struct record *record, const struct field *field,
	const struct template_refusal *refusal)
{
	if (is_reported(pass, record, field->attribute))
		return;
	TMP_CTX(tmp);

	pass->n_records += !record->is_bad;
	struct finding *finding = check_report(pass->reporter, CHECK_UNSAFE_VALUE, record,
		(enum field_id)field->attribute, "'%s': the value of '%s' %s: %s%s%s",
		text_printable(tmp, refusal->text, refusal->len), field->name,
		refusal->reason,
		refusal->language == NULL ? "the template refuses it" : "the language '",
		refusal->language == NULL ? "" : refusal->language,
		refusal->language == NULL ? "" : "' cannot carry it");

	/* refused is refused, whatever the severity that the site gives the check */
	record->is_bad = true;
	diag_note(finding, refusal->where, "it would be printed here");
}

/* What no record prints is of every record that has it; of none, it is the template's fault. */
static void refuse_value(void *data, const struct context *context,
	const struct field *field, const struct template_refusal *refusal)
{
	TMP_CTX(tmp);
	struct pass *pass = data;
	struct record *record =
		fields_is_shared(context->shape) ? NULL : innermost_record(pass, context);
	struct records all = {.items = &record, .n = record != NULL};

	if (record == NULL)
		all = fields_owners(
			tmp, pass->reporter->site, field, refusal->text, refusal->len);
	for (size_t i = 0; i < all.n; i++)
		refuse_of(pass, all.items[i], field, refusal);
	if (all.n == 0)
		pass->failed =
			diag_fail(pass->reporter->diags, EXIT_USAGE, refusal->where,
				"the value of '%s' %s", field->name, refusal->reason);
}

static void count_refusal(void *data, const struct context *context _unused_,
	const struct field *field _unused_,
	const struct template_refusal *refusal _unused_)
{
	((struct pass *)data)->n_refusals++;
}

/* Printing */

static const struct program *program_of(
	const struct renderer *renderer, const struct output *output)
{
	return &renderer->programs[output->target - renderer->targets];
}

static void print_output(struct renderer *renderer, const struct site *site,
	struct output *output, const struct template_hooks *hooks, struct pass *pass,
	struct buffer *buffer)
{
	const struct program *program = program_of(renderer, output);
	bool has_serial = false;
	struct globals globals = {site, renderer->targets, renderer->n_targets,
		output->path, output->serial, &has_serial};
	struct context stack[] = {{renderer->globals, &globals},
		{output_shape(output->target->for_each), output->object}};

	if (pass != NULL)
		pass->buffer = buffer;
	template_render(
		program->body, stack, output->object == NULL ? 1 : 2, hooks, buffer);
	/* what has none need not be printed once more to get another */
	if (!has_serial)
		output->serial = 0;
}

void render_serial(TALLOC_CTX *mem_ctx, struct renderer *renderer, struct site *site,
	struct output *output, uint64_t serial)
{
	TMP_CTX(tmp);
	struct buffer *buffer = buffer_new(mem_ctx);

	output->serial = serial;
	print_output(renderer, site, output, NULL, NULL, buffer);
	output_sum(site, program_of(renderer, output)->shown, output,
		umac_new(tmp, renderer->key), buffer);
	output_end(output, buffer);
	output_keep(output, buffer);
}

struct work {
	struct renderer *renderer;
	struct pass *pass;
	const struct serials *serials;
	struct tree *tree;
	struct arena *paths; /* the tree's */
	struct buffer *path; /* that is made next */
};

/* What a path is made of: the first value of the record in it, for the finding. */
static void refuse_path(struct work *work, const struct program *program,
	const void *object, const char *path, const char *why)
{
	TMP_CTX(tmp);
	struct pass *pass = work->pass;
	struct record *record =
		fields_record(output_shape(program->target->for_each), object);

	pass->n_records += !record->is_bad;
	struct finding *finding = check_report(pass->reporter, CHECK_UNSAFE_VALUE, record,
		FIELD_NAME, "the file name '%s' of target '%s' %s",
		text_printable(tmp, path, strlen(path)), program->target->name, why);

	record->is_bad = true;
	diag_note(finding, program->target->path_at, "it is made here");
}

static const char *record_path(
	struct work *work, const struct program *program, const void *object)
{
	const struct renderer *renderer = work->renderer;
	bool has_serial;
	struct globals globals = {work->pass->reporter->site, renderer->targets,
		renderer->n_targets, "", 0, &has_serial};
	struct context stack[] = {{renderer->globals, &globals},
		{output_shape(program->target->for_each), object}};

	buffer_truncate(work->path, 0);
	template_render(program->path, stack, 2, NULL, work->path);
	return arena_strdup(work->paths, work->path->data);
}

static bool is_wanted(const struct program *program, const void *object)
{
	struct value value;

	if (program->when == NULL)
		return true;
	program->when->get(program->when, object, &value);
	return value.kind == VALUE_BOOL	  ? value.truth
	       : value.kind == VALUE_LIST ? value.list.n > 0
					  : value.kind != VALUE_NONE;
}

static const char *node_name(const struct target *target, const void *object)
{
	const struct shape *shape = output_shape(target->for_each);
	const struct machine *machine =
		shape == NULL ? NULL : fields_machine(shape, object);

	return machine == NULL ? NULL : machine->fqdn;
}

static void add_output(struct work *work, const struct program *program, const char *path,
	const void *object)
{
	struct tree *tree = work->tree;
	struct output *output = mem_push(tree, &tree->outputs, &tree->n_outputs);

	output->target = program->target;
	output->path = path;
	output->object = object;
	output->node = node_name(program->target, object);
	if (work->serials != NULL)
		output->stored = work->serials->at(work->serials->data, path);
	output->serial = output->stored.serial;
}

static void add_record(
	struct work *work, const struct program *program, const void *object)
{
	if (!is_wanted(program, object))
		return;
	const char *path = record_path(work, program, object);
	const char *why = target_path_fault(program->target, path);

	if (why == NULL)
		add_output(work, program, path, object);
	else
		refuse_path(work, program, object, path, why);
}

static void add_macs(struct work *work, const struct program *program)
{
	const struct site *site = work->pass->reporter->site;

	for (size_t i = 0; i < site->n_hosts; i++) {
		const struct machine *host = site->hosts[i];

		if (host->n_interfaces == 0 || host->interfaces[0]->is_management)
			continue;
		const struct interface *nic = port_boot_nic(host->interfaces[0]);

		for (uint32_t j = 0; j < nic->n_macs; j++)
			add_record(work, program, &nic->macs[j]);
	}
}

static void add_records(
	struct work *work, const struct program *program, void *table, size_t n)
{
	void **objects = table;

	for (size_t i = 0; i < n; i++)
		add_record(work, program, objects[i]);
}

static void add_target(struct work *work, const struct program *program)
{
	const struct site *site = work->pass->reporter->site;

	switch (program->target->for_each) {
	case FOR_SITE:
		add_output(work, program, program->target->path, NULL);
		break;
	case FOR_HOST:
		add_records(work, program, site->hosts, site->n_hosts);
		break;
	case FOR_VCN:
		add_records(work, program, site->vcns, site->n_vcns);
		break;
	case FOR_NODE:
		add_records(work, program, site->machines, site->n_machines);
		break;
	case FOR_NETWORK:
		add_records(work, program, site->networks, site->n_networks);
		break;
	case FOR_PROFILE:
		add_records(work, program, site->profiles, site->n_profiles);
		break;
	case FOR_ZONE:
		add_records(work, program, site->zones, site->n_zones);
		break;
	case FOR_MAC:
		add_macs(work, program);
		break;
	}
}

/* All outputs that were added, by several threads */

/* What each worker has of its own. */
struct printer {
	struct work *work;
	struct pass pass;
	TALLOC_CTX *mem_ctx; /* what is kept */
	struct buffer *buffer; /* what is printed next */
	struct umac *umac;
	size_t room; /* for bytes that could be printed once more */
};

/* Outputs of records that are kept at a time, by all workers: 150,000 nodes have as much. */
enum { KEPT_MAX = 128 * 1024 * 1024 };

/* Ends it where it is not stored as it is; true: it is. */
static bool end_unless_stored(struct printer *printer, struct output *output)
{
	const struct work *work = printer->work;
	const struct serials *serials = work->serials;
	bool is_known =
		serials != NULL && !serials->keeps_all && output->stored.print != NULL;

	output_sum(work->pass->reporter->site, program_of(work->renderer, output)->shown,
		output, printer->umac, printer->buffer);
	if (is_known && output_has_print(output))
		return true;
	output_end(output, printer->buffer);
	return is_known && output_has_bytes(output);
}

/*
 * Takes room for its bytes, where there is any. Who plans a generation can do without those of
 * records: they are printed once more when they are written.
 */
static bool take_room(struct printer *printer, const struct output *output)
{
	const struct serials *serials = printer->work->serials;

	if (serials == NULL || serials->keeps_all || output->object == NULL)
		return true;
	if (output->len > printer->room)
		return false;
	printer->room -= output->len;
	return true;
}

/* Of what is dropped the memory is used again: mostly there is one output at a time. */
static void settle_output(struct printer *printer, struct output *output)
{
	output->bytes = NULL;
	if (end_unless_stored(printer, output)) {
		buffer_truncate(printer->buffer, 0);
		return;
	}
	if (!take_room(printer, output)) {
		output_hash_bare(output, printer->buffer->data);
		buffer_truncate(printer->buffer, 0);
		return;
	}
	output_keep(output, printer->buffer);
	printer->buffer = buffer_new(printer->mem_ctx);
}

static void fill_output(void *data, unsigned worker, size_t i)
{
	struct printer *printer = &((struct printer *)data)[worker];
	struct work *work = printer->work;
	struct output *output = &work->tree->outputs[i];
	struct pass *pass = &printer->pass;
	const struct site *site = pass->reporter->site;
	const struct template_hooks hooks = {.data = pass,
		.refused = pass->is_silent ? count_refusal : refuse_value,
		.enter = enter_object,
		.leave = leave_object};

	pass->target = output->target;
	pass->depth = 0;
	if (output->object != NULL) {
		struct context context = {
			output_shape(output->target->for_each), output->object};

		enter_object(pass, &context, 0);
	}
	print_output(work->renderer, site, output, &hooks, pass, printer->buffer);
	settle_output(printer, output);
}

static struct printer *new_printers(
	TALLOC_CTX *mem_ctx, struct work *work, unsigned n, bool is_silent)
{
	struct printer *printers = mem_array(mem_ctx, struct printer, n);

	for (unsigned i = 0; i < n; i++) {
		struct printer *printer = &printers[i];

		printer->work = work;
		printer->pass = (struct pass){.reporter = work->pass->reporter,
			.refused = is_silent ? NULL : table_new(mem_ctx, 64),
			.is_silent = is_silent};
		/* without a parent: talloc knows no threads */
		printer->mem_ctx = mem_scope_new();
		printer->buffer = buffer_new(printer->mem_ctx);
		printer->umac = umac_new(printer->mem_ctx, work->renderer->key);
		printer->room = KEPT_MAX / n;
	}
	return printers;
}

static void clear_marks(struct site *site)
{
	for (size_t i = 0; i < site->n_machines; i++) {
		site->machines[i]->record.printed = 0;
		site->machines[i]->files = NULL;
	}
}

/* Does any value have to be refused? Then nothing is kept. */
static bool fill_silently(struct work *work)
{
	TMP_CTX(tmp);
	size_t n = work->tree->n_outputs, n_refused = 0;
	unsigned n_workers = parallel_workers(n);
	struct printer *printers = new_printers(tmp, work, n_workers, true);

	parallel_each(n, fill_output, printers);
	for (unsigned i = 0; i < n_workers; i++)
		n_refused += printers[i].pass.n_refusals;
	for (unsigned i = 0; i < n_workers; i++)
		if (n_refused > 0)
			talloc_free(printers[i].mem_ctx);
		else
			talloc_steal(work->tree, printers[i].mem_ctx);
	return n_refused == 0;
}

/*
 * Whoever refuses a value reports it, and that is for one thread, in the order of the tree:
 * where there is such a value, which is rare, all is rendered once more.
 */
static void fill_outputs(struct work *work)
{
	TMP_CTX(tmp);
	struct site *site = work->pass->reporter->site;

	clear_marks(site);
	if (fill_silently(work))
		return;
	clear_marks(site);
	struct printer *printer = new_printers(tmp, work, 1, false);

	for (size_t i = 0; i < work->tree->n_outputs; i++)
		fill_output(printer, 0, i);
	talloc_steal(work->tree, printer->mem_ctx);
	work->pass->n_records += printer->pass.n_records;
	work->pass->failed = printer->pass.failed;
}

/* Whose file is it? */

static struct machine *owner_of(const struct output *output)
{
	const struct shape *shape = output_shape(output->target->for_each);

	return shape == NULL ? NULL
			     : (struct machine *)(uintptr_t)fields_machine(
				       shape, output->object);
}

/* Who had it in the last generation, then who was there, unchanged if possible. */
static int claim_of(const struct output *output)
{
	const struct machine *machine = owner_of(output);

	if (machine == NULL)
		return -1;
	return machine->standing + (past_has(machine->past.files, past_text(output->path))
						   ? STANDING_SAME + 1
						   : 0);
}

/* By path; then who has the better claim, then by the order of the records: by name. */
static int compare_outputs(const void *left, const void *right)
{
	const struct output *a = left, *b = right;
	int order = strcmp(a->path, b->path);

	if (order == 0)
		order = claim_of(b) - claim_of(a);
	if (order == 0 && owner_of(a) != NULL && owner_of(b) != NULL)
		order = strcmp(owner_of(a)->record.key, owner_of(b)->record.key);
	return order;
}

static void note_file(struct site *site, struct machine *machine, const char *path)
{
	size_t had = machine->files == NULL ? 0 : strlen(machine->files);
	char *files = arena_bytes(site->arena, had + PAST_ITEM_MAX);

	if (had > 0)
		memcpy(files, machine->files, had);
	past_item(past_text(path), files + had);
	machine->files = files;
}

static void note_owners(struct site *site, const struct tree *tree)
{
	for (size_t i = 0; i < tree->n_outputs; i++) {
		struct machine *machine = owner_of(&tree->outputs[i]);

		if (machine != NULL)
			note_file(site, machine, tree->outputs[i].path);
	}
}

/* Two records with one file: it is the first one's, and the other goes without. */
static void report_twice(struct reporter *reporter, const struct output *first,
	const struct output *second)
{
	struct record *mine =
		fields_record(output_shape(second->target->for_each), second->object);
	struct record *other =
		fields_record(output_shape(first->target->for_each), first->object);
	struct finding *finding = check_report_value(reporter, CHECK_DUP_FILE, mine,
		FIELD_NAME, "'%s' of target '%s' is another record's file", second->path,
		second->target->name);

	diag_note(finding, record_loc(reporter->site, other, FIELD_NAME), "of this one");
}

static int drop_twice(struct tree *tree, struct reporter *reporter)
{
	size_t kept = 0;

	for (size_t i = 0; i < tree->n_outputs; i++) {
		const struct output *before = kept == 0 ? NULL : &tree->outputs[kept - 1];
		const struct output *output = &tree->outputs[i];

		if (before == NULL || strcmp(before->path, output->path) != 0) {
			tree->outputs[kept++] = *output;
			continue;
		}
		if (before->target != output->target)
			return diag_fail(reporter->diags, EXIT_USAGE,
				loc_file(output->target->template_path),
				"'%s' is written twice: by "
				"target '%s' and by target '%s'",
				output->path, before->target->name, output->target->name);
		report_twice(reporter, before, output);
	}
	tree->n_outputs = kept;
	return 0;
}

/* What a target's reader takes long for is no fault of any record's. */
static void warn_of_slow_ones(const struct tree *tree, const struct reporter *reporter)
{
	enum severity severity = reporter->severity[CHECK_SLOW_RELOAD];

	for (size_t i = 0; i < tree->n_outputs; i++) {
		const struct output *output = &tree->outputs[i];
		unsigned most = output->target->slow_above;
		unsigned n = output->n_lines;

		if (n > most)
			diag_add(reporter->diags,
				severity == SEVERITY_NOTE
					? check_default(CHECK_SLOW_RELOAD)
					: severity,
				check_name(CHECK_SLOW_RELOAD), loc_file(output->path),
				"target '%s' has %u lines: above %u its server takes long "
				"to read them at every reload, Kea does not",
				output->target->name, n, most);
	}
}

int render_site(TALLOC_CTX *mem_ctx, struct renderer *renderer, struct reporter *reporter,
	const struct serials *serials, struct tree **ret_tree, size_t *ret_refused)
{
	TMP_CTX(tmp);
	struct pass pass = {.reporter = reporter};
	struct tree *tree = mem_new(tmp, struct tree);
	struct work work = {
		renderer, &pass, serials, tree, arena_new(tree), buffer_new(tmp)};

	if (serials != NULL)
		memcpy(renderer->key, serials->key, UMAC_KEY_BYTES);
	for (size_t i = 0; i < renderer->n_targets; i++)
		add_target(&work, &renderer->programs[i]);
	fill_outputs(&work);
	if (pass.failed < 0)
		return pass.failed;
	sort_items(
		tree->outputs, tree->n_outputs, sizeof(struct output), compare_outputs);
	int failed = pass.n_records > 0 ? 0 : drop_twice(tree, reporter);

	if (failed < 0)
		return failed;
	if (pass.n_records == 0)
		warn_of_slow_ones(tree, reporter);
	note_owners(reporter->site, tree);
	*ret_refused = pass.n_records;
	*ret_tree = talloc_steal(mem_ctx, tree);
	return 0;
}

/* What a record caused */

struct tracer {
	TALLOC_CTX *mem_ctx;
	const struct record *record;
	const struct output *output;
	size_t depth; /* of objects of this record, one in another */
	size_t start;
	struct span **spans;
	size_t *n_spans;
};

/*
 * Is the object of a context @record, or a part of it? Objects of the model begin with their
 * record.
 */
static bool is_of(
	const struct shape *shape, const void *object, const struct record *record)
{
	const struct machine *machine = fields_machine(shape, object);

	return machine != NULL ? &machine->record == record : object == record;
}

static void trace_enter(void *data, const struct context *context, size_t offset)
{
	struct tracer *tracer = data;

	if (!is_of(context->shape, context->object, tracer->record))
		return;
	if (tracer->depth++ == 0)
		tracer->start = offset;
}

static void trace_leave(void *data, const struct context *context, size_t offset)
{
	struct tracer *tracer = data;

	if (!is_of(context->shape, context->object, tracer->record))
		return;
	if (--tracer->depth == 0 && offset > tracer->start)
		*mem_push(tracer->mem_ctx, tracer->spans, tracer->n_spans) =
			(struct span){tracer->output, tracer->start, offset};
}

struct span *render_spans(TALLOC_CTX *mem_ctx, struct renderer *renderer,
	struct site *site, const struct tree *tree, const struct record *record,
	size_t *ret_n)
{
	struct span *spans = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < tree->n_outputs; i++) {
		TMP_CTX(tmp);
		struct output *output = &tree->outputs[i];
		const struct shape *shape = output_shape(output->target->for_each);
		struct tracer tracer = {mem_ctx, record, output, 0, 0, &spans, ret_n};
		const struct template_hooks hooks = {
			.data = &tracer, .enter = trace_enter, .leave = trace_leave};

		if (shape != NULL && is_of(shape, output->object, record)) {
			*mem_push(mem_ctx, &spans, ret_n) =
				(struct span){output, 0, output->len};
			continue;
		}
		print_output(renderer, site, output, &hooks, NULL, buffer_new(tmp));
	}
	return spans;
}
