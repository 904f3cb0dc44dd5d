/* SPDX-License-Identifier: Apache-2.0 */
#include "render/render.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "render/fields.h"

struct program {
	const struct target *target;
	struct template *body;
	struct template *path; /* NULL: the target's path has no tags */
	const struct field *when;
};

struct renderer {
	const struct target *targets;
	size_t n_targets;
	const struct shape *globals;
	struct program *programs;
};

/* The shape of the record that a for-each target prints. */
static const struct shape *record_shape(enum for_each for_each)
{
	switch (for_each) {
	case FOR_SITE:
		return NULL;
	case FOR_HOST:
	case FOR_VCN:
	case FOR_NODE:
		return &machine_shape;
	case FOR_NETWORK:
		return &network_shape;
	case FOR_PROFILE:
		return &profile_shape;
	case FOR_MAC:
		return &hardware_shape;
	}
	return NULL;
}

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
		.language = "text"};

	return template_compile(
		renderer, loader, &text, "path", stack, 2, diags, &program->path);
}

static int compile_target(struct renderer *renderer, const struct target *target,
	const struct template_loader *loader, struct diags *diags)
{
	struct program *program = &renderer->programs[target - renderer->targets];
	const struct shape *shape = record_shape(target->for_each);
	const struct shape *stack[] = {renderer->globals, shape};
	int failed = template_compile(renderer, loader, &target->body, target->name,
		stack, shape == NULL ? 1 : 2, diags, &program->body);
	int failed_when = compile_when(target, program, shape, diags);
	int failed_path = compile_path(renderer, target, loader, stack, diags);

	program->target = target;
	return failed < 0 ? failed : failed_when < 0 ? failed_when : failed_path;
}

int renderer_new(TALLOC_CTX *mem_ctx, const struct settings *settings,
	const char *shipped_folder, const struct target *targets, size_t n_targets,
	struct diags *diags, struct renderer **ret_renderer)
{
	TMP_CTX(tmp);
	struct renderer *renderer = mem_new(tmp, struct renderer);
	struct template_loader loader = target_loader(tmp, settings, shipped_folder);
	int result = 0;

	renderer->targets = targets;
	renderer->n_targets = n_targets;
	renderer->globals = fields_globals(renderer, targets, n_targets);
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

/* Refused values */

enum { DEPTH_MAX = 64 };

/* One run over all targets: which records refused values, and where we are. */
struct pass {
	struct reporter *reporter;
	const struct target *target;
	/* the objects that are being printed, outermost first */
	struct context stack[DEPTH_MAX];
	size_t depth;
	/* what was reported in this pass: a value stands in several files */
	struct refusal {
		const struct record *record;
		int attribute;
	} * refusals;
	size_t n_refusals;
	size_t n_records;
	int failed;
};

static void enter_object(
	void *data, const struct context *context, size_t offset _unused_)
{
	struct pass *pass = data;

	if (pass->depth < DEPTH_MAX)
		pass->stack[pass->depth] = *context;
	pass->depth++;
}

static void leave_object(
	void *data, const struct context *context _unused_, size_t offset _unused_)
{
	struct pass *pass = data;

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
	for (size_t i = 0; i < pass->n_refusals; i++)
		if (pass->refusals[i].record == record &&
			pass->refusals[i].attribute == attribute)
			return true;
	*mem_push(pass->reporter->site, &pass->refusals, &pass->n_refusals) =
		(struct refusal){record, attribute};
	return false;
}

static void refuse_value(void *data, const struct context *context,
	const struct field *field, const struct template_refusal *refusal)
{
	struct pass *pass = data;
	struct record *record = innermost_record(pass, context);

	if (record == NULL) {
		pass->failed =
			diag_fail(pass->reporter->diags, EXIT_USAGE, refusal->where,
				"the value of '%s' %s", field->name, refusal->reason);
		return;
	}
	if (is_reported(pass, record, field->attribute))
		return;
	pass->n_records += !record->is_bad;
	struct finding *finding = check_report(pass->reporter, CHECK_UNSAFE_VALUE, record,
		(enum field_id)field->attribute, "the value of '%s' %s: %s%s%s",
		field->name, refusal->reason,
		refusal->language == NULL ? "the template refuses it" : "the language '",
		refusal->language == NULL ? "" : refusal->language,
		refusal->language == NULL ? "" : "' cannot carry it");

	/* refused is refused, whatever the severity that the site gives the check */
	record->is_bad = true;
	diag_note(finding, refusal->where, "it would be printed here");
}

/* Printing */

static void count_nodes(const struct site *site, const struct output *output,
	unsigned *n_hosts, unsigned *n_vcns)
{
	const struct shape *shape = record_shape(output->target->for_each);
	const struct machine *machine =
		fields_machine(shape == NULL ? &image_shape : shape, output->object);

	*n_hosts = *n_vcns = 0;
	if (shape == NULL) {
		*n_hosts = (unsigned)site->n_hosts;
		*n_vcns = (unsigned)site->n_vcns;
	} else if (machine != NULL && machine->is_vcn) {
		*n_vcns = 1;
	} else if (machine != NULL) {
		*n_hosts = 1;
		*n_vcns = machine->n_vcns;
	} else if (shape == &profile_shape) {
		assert(output->object != NULL);
		*n_hosts = ((const struct profile *)output->object)->n_hosts;
	}
}

static void print_output(TALLOC_CTX *mem_ctx, struct renderer *renderer,
	const struct site *site, struct output *output,
	const struct template_hooks *hooks, struct buffer **ret_buffer)
{
	const struct program *program =
		&renderer->programs[output->target - renderer->targets];
	struct globals globals = {site, renderer->targets, renderer->n_targets,
		output->path, output->serial};
	struct context stack[] = {{renderer->globals, &globals},
		{record_shape(output->target->for_each), output->object}};
	struct buffer *buffer = buffer_new(mem_ctx);

	template_render(
		program->body, stack, output->object == NULL ? 1 : 2, hooks, buffer);
	*ret_buffer = buffer;
}

static void fill_output(TALLOC_CTX *mem_ctx, struct renderer *renderer,
	const struct site *site, struct output *output,
	const struct template_hooks *hooks)
{
	struct buffer *buffer;

	print_output(mem_ctx, renderer, site, output, hooks, &buffer);
	count_nodes(site, output, &output->n_hosts, &output->n_vcns);
	if (output->target->trailer != NULL)
		trailer_add(
			buffer, output->target->trailer, output->n_hosts, output->n_vcns);
	output->len = buffer->len;
	output->bytes = talloc_realloc_size(buffer, buffer->data, buffer->len + 1);
	sha256(output->bytes, output->len, output->sha256);
}

void render_serial(TALLOC_CTX *mem_ctx, struct renderer *renderer, struct site *site,
	struct output *output, uint64_t serial)
{
	output->serial = serial;
	fill_output(mem_ctx, renderer, site, output, NULL);
}

/* A path may hold names of records, but stays in the folder that its text begins with. */
static int check_path(const struct target *target, const char *path, struct diags *diags)
{
	const char *rest = path + strlen(target->fixed_folder);

	if (text_has_prefix(path, target->fixed_folder) && strstr(rest, "//") == NULL &&
		strstr(rest, "/.") == NULL && !text_has_suffix(path, "/"))
		return 0;
	return diag_fail(diags, EXIT_USAGE, loc_file(target->template_path),
		"the path '%s' leaves its folder '%s'", path, target->fixed_folder);
}

static const char *record_path(TALLOC_CTX *mem_ctx, struct renderer *renderer,
	const struct program *program, const struct site *site, const void *object)
{
	TMP_CTX(tmp);
	struct globals globals = {site, renderer->targets, renderer->n_targets, "", 0};
	struct context stack[] = {{renderer->globals, &globals},
		{record_shape(program->target->for_each), object}};
	struct buffer *buffer = buffer_new(tmp);

	template_render(program->path, stack, 2, NULL, buffer);
	return mem_strdup(mem_ctx, buffer->data);
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

struct work {
	struct renderer *renderer;
	struct pass *pass;
	const struct serials *serials;
	struct tree *tree;
};

static void add_output(struct work *work, const struct program *program, const char *path,
	const void *object)
{
	const struct template_hooks hooks = {.data = work->pass,
		.refused = refuse_value,
		.enter = enter_object,
		.leave = leave_object};
	struct tree *tree = work->tree;
	struct output *output = mem_push(tree, &tree->outputs, &tree->n_outputs);
	struct pass *pass = work->pass;

	output->target = program->target;
	output->path = path;
	output->object = object;
	output->serial =
		work->serials == NULL ? 0 : work->serials->of(work->serials->data, path);
	pass->target = program->target;
	pass->depth = 0;
	if (object != NULL) {
		struct context context = {
			record_shape(program->target->for_each), object};

		enter_object(pass, &context, 0);
	}
	fill_output(tree, work->renderer, pass->reporter->site, output, &hooks);
}

static int add_record(
	struct work *work, const struct program *program, const void *object)
{
	if (!is_wanted(program, object))
		return 0;
	const char *path = record_path(
		work->tree, work->renderer, program, work->pass->reporter->site, object);
	int failed = check_path(program->target, path, work->pass->reporter->diags);

	if (failed == 0)
		add_output(work, program, path, object);
	return failed;
}

static int add_macs(struct work *work, const struct program *program)
{
	const struct site *site = work->pass->reporter->site;

	for (size_t i = 0; i < site->n_hosts; i++) {
		const struct machine *host = site->hosts[i];

		if (host->n_interfaces == 0)
			continue;
		const struct interface *boot = host->interfaces[0];

		for (uint32_t j = 0; j < boot->n_macs; j++) {
			int failed = add_record(work, program, &boot->macs[j]);

			if (failed < 0)
				return failed;
		}
	}
	return 0;
}

static int add_records(
	struct work *work, const struct program *program, void *table, size_t n)
{
	void **objects = table;

	for (size_t i = 0; i < n; i++) {
		int failed = add_record(work, program, objects[i]);

		if (failed < 0)
			return failed;
	}
	return 0;
}

static int add_target(struct work *work, const struct program *program)
{
	const struct site *site = work->pass->reporter->site;

	switch (program->target->for_each) {
	case FOR_SITE:
		add_output(work, program, program->target->path, NULL);
		return 0;
	case FOR_HOST:
		return add_records(work, program, site->hosts, site->n_hosts);
	case FOR_VCN:
		return add_records(work, program, site->vcns, site->n_vcns);
	case FOR_NODE:
		return add_records(work, program, site->machines, site->n_machines);
	case FOR_NETWORK:
		return add_records(work, program, site->networks, site->n_networks);
	case FOR_PROFILE:
		return add_records(work, program, site->profiles, site->n_profiles);
	case FOR_MAC:
		return add_macs(work, program);
	}
	return 0;
}

static int compare_outputs(const void *a, const void *b)
{
	return strcmp(((const struct output *)a)->path, ((const struct output *)b)->path);
}

static int check_unique(const struct tree *tree, struct diags *diags)
{
	for (size_t i = 1; i < tree->n_outputs; i++) {
		const struct output *a = &tree->outputs[i - 1], *b = &tree->outputs[i];

		if (strcmp(a->path, b->path) == 0)
			return diag_fail(diags, EXIT_USAGE,
				loc_file(b->target->template_path),
				"'%s' is written twice: by "
				"target '%s' and by target '%s'",
				b->path, a->target->name, b->target->name);
	}
	return 0;
}

int render_site(TALLOC_CTX *mem_ctx, struct renderer *renderer, struct reporter *reporter,
	const struct serials *serials, struct tree **ret_tree, size_t *ret_refused)
{
	TMP_CTX(tmp);
	struct pass pass = {.reporter = reporter};
	struct tree *tree = mem_new(tmp, struct tree);
	struct work work = {renderer, &pass, serials, tree};

	for (size_t i = 0; i < renderer->n_targets; i++) {
		int failed = add_target(&work, &renderer->programs[i]);

		if (failed < 0)
			return failed;
	}
	if (pass.failed < 0)
		return pass.failed;
	qsort(tree->outputs, tree->n_outputs, sizeof(struct output), compare_outputs);
	int failed = check_unique(tree, reporter->diags);

	if (failed < 0)
		return failed;
	*ret_refused = pass.n_records;
	*ret_tree = talloc_steal(mem_ctx, tree);
	return 0;
}

/* What a machine caused */

struct tracer {
	TALLOC_CTX *mem_ctx;
	const struct machine *machine;
	const struct output *output;
	size_t depth; /* of objects of this machine, one in another */
	size_t start;
	struct span **spans;
	size_t *n_spans;
};

static void trace_enter(void *data, const struct context *context, size_t offset)
{
	struct tracer *tracer = data;

	if (fields_machine(context->shape, context->object) != tracer->machine)
		return;
	if (tracer->depth++ == 0)
		tracer->start = offset;
}

static void trace_leave(void *data, const struct context *context, size_t offset)
{
	struct tracer *tracer = data;

	if (fields_machine(context->shape, context->object) != tracer->machine)
		return;
	if (--tracer->depth == 0 && offset > tracer->start)
		*mem_push(tracer->mem_ctx, tracer->spans, tracer->n_spans) =
			(struct span){tracer->output, tracer->start, offset};
}

struct span *render_spans(TALLOC_CTX *mem_ctx, struct renderer *renderer,
	struct site *site, const struct tree *tree, const struct machine *machine,
	size_t *ret_n)
{
	struct span *spans = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < tree->n_outputs; i++) {
		TMP_CTX(tmp);
		struct output *output = &tree->outputs[i];
		const struct shape *shape = record_shape(output->target->for_each);
		struct tracer tracer = {mem_ctx, machine, output, 0, 0, &spans, ret_n};
		const struct template_hooks hooks = {
			.data = &tracer, .enter = trace_enter, .leave = trace_leave};
		struct buffer *buffer;

		if (shape != NULL && fields_machine(shape, output->object) == machine) {
			*mem_push(mem_ctx, &spans, ret_n) =
				(struct span){output, 0, output->len};
			continue;
		}
		print_output(tmp, renderer, site, output, &hooks, &buffer);
	}
	return spans;
}
