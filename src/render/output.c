/* SPDX-License-Identifier: Apache-2.0 */
#include "render/output.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "model/zone.h"
#include "model/zone_name.h"
#include "render/fields.h"

const struct shape *output_shape(enum for_each for_each)
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
	case FOR_ZONE:
		return &zone_shape;
	case FOR_MAC:
		return &hardware_shape;
	}
	return NULL;
}

static void count_shown(
	const struct site *site, enum shown_nodes shown, struct output *output)
{
	if (shown == SHOWN_ALL) {
		/* a name more changes none of the files that it is not in */
		output->n_hosts = (unsigned)zone_names_start(site->hosts, site->n_hosts);
		output->n_vcns = (unsigned)site->n_vcns;
		return;
	}
	for (size_t i = 0; shown != SHOWN_NONE && i < site->n_machines; i++)
		if ((site->machines[i]->reserved & (unsigned)shown) != 0)
			(*(site->machines[i]->is_vcn ? &output->n_vcns
						     : &output->n_hosts))++;
}

static void count_nodes(
	const struct site *site, enum shown_nodes shown, struct output *output)
{
	const struct shape *shape = output_shape(output->target->for_each);
	const struct machine *machine =
		fields_machine(shape == NULL ? &image_shape : shape, output->object);

	output->n_hosts = output->n_vcns = 0;
	if (shape == NULL) {
		count_shown(site, shown, output);
	} else if (machine != NULL && machine->is_vcn) {
		output->n_vcns = 1;
	} else if (machine != NULL) {
		output->n_hosts = 1;
		output->n_vcns = machine->n_vcns;
	} else if (shape == &zone_shape) {
		assert(output->object != NULL);
		output->n_hosts = ((const struct zone *)output->object)->n_hosts;
		output->n_vcns = ((const struct zone *)output->object)->n_vcns;
	} else if (shape == &profile_shape) {
		assert(output->object != NULL);
		output->n_hosts = ((const struct profile *)output->object)->n_hosts;
	}
}

/* With the trailer that it will get. */
static unsigned count_lines(const struct output *output, const struct buffer *body)
{
	const char *at = body->data, *end = at + body->len;
	unsigned n = 0;

	for (; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
		n++;
	if (output->target->trailer == NULL)
		return n;
	return n + 1 + (body->len > 0 && end[-1] != '\n');
}

/* What the trailer is made of comes last, with its length, so that nothing is taken for another. */
void output_sum(const struct site *site, enum shown_nodes shown, struct output *output,
	struct umac *umac, const struct buffer *body)
{
	const char *comment = output->target->trailer;
	size_t len = comment == NULL ? 0 : strlen(comment) + 1;

	count_nodes(site, shown, output);
	if (output->target->slow_above > 0)
		output->n_lines = count_lines(output, body);
	const uint64_t numbers[] = {output->n_hosts, output->n_vcns, len};

	umac_add(umac, body->data, body->len);
	umac_add(umac, comment == NULL ? "" : comment, len);
	umac_add(umac, numbers, sizeof(numbers));
	umac_end(umac, output->print);
}

void output_hash_bare(struct output *output, const char *bytes)
{
	TMP_CTX(tmp);
	const char *at = bytes, *end = bytes + output->len;

	if (output->serial == 0) {
		memcpy(output->bare, output->sha256, SHA256_BYTES);
		return;
	}
	struct buffer *b = buffer_new(tmp);
	const char *serial = mem_printf(tmp, "%llu", (unsigned long long)output->serial);

	if (output->target->trailer != NULL && output->len > 0) {
		const char *newline = memrchr(at, '\n', output->len - 1);

		end = newline == NULL ? at : newline + 1;
	}
	for (const char *hit;
		(hit = memmem(at, (size_t)(end - at), serial, strlen(serial))) != NULL;
		at = hit + strlen(serial))
		buffer_add(b, at, (size_t)(hit - at));
	buffer_add(b, at, (size_t)(end - at));
	sha256(b->data, b->len, output->bare);
}

void output_hash(struct output *output)
{
	sha256(output->bytes, output->len, output->sha256);
	output_hash_bare(output, output->bytes);
}

void output_end(struct output *output, struct buffer *body)
{
	if (output->target->trailer != NULL)
		trailer_add_hashed(body, output->target->trailer, output->n_hosts,
			output->n_vcns, output->sha256);
	else
		sha256(body->data, body->len, output->sha256);
	output->len = body->len;
}

void output_keep(struct output *output, struct buffer *buffer)
{
	output_hash_bare(output, buffer->data);
	output->bytes = talloc_realloc_size(buffer, buffer->data, buffer->len + 1);
}

bool output_has_print(struct output *output)
{
	const struct stored *stored = &output->stored;

	if (memcmp(output->print, stored->print, UMAC_BYTES) != 0)
		return false;
	memcpy(output->sha256, stored->sha256, SHA256_BYTES);
	memcpy(output->bare, stored->bare, SHA256_BYTES);
	output->len = stored->len;
	return true;
}

bool output_has_bytes(struct output *output)
{
	const struct stored *stored = &output->stored;

	if (memcmp(output->sha256, stored->sha256, SHA256_BYTES) != 0)
		return false;
	memcpy(output->bare, stored->bare, SHA256_BYTES);
	return true;
}
