/* SPDX-License-Identifier: Apache-2.0 */
#include "model/nodes_word.h"

#include <pthread.h>

#include "base/nodeset.h"
#include "model/node_names.h"

static const char *fold(
	const struct nodes_word *word, struct machine *const *nodes, uint32_t n)
{
	TMP_CTX(tmp);
	const char **names = mem_array(tmp, const char *, n + 1);

	for (uint32_t i = 0; i < n; i++)
		names[i] = node_name(nodes[i]);
	return word->is_for_slurm ? nodeset_fold_ends(word->mem_ctx, names, n)
				  : nodeset_fold(word->mem_ctx, names, n);
}

const char *nodes_word(
	const struct nodes_word *word, struct machine *const *nodes, uint32_t n)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	/* all that the first who asks writes to */
	const char **kept = (const char **)(uintptr_t)&word->text;
	const char *text = __atomic_load_n(kept, __ATOMIC_ACQUIRE);

	if (text != NULL)
		return text;
	pthread_mutex_lock(&lock);
	text = *kept;
	if (text == NULL) {
		text = fold(word, nodes, n);
		__atomic_store_n(kept, text, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&lock);
	return text;
}
