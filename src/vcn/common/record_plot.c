/* SPDX-License-Identifier: Apache-2.0 */
#include "vcn/common/record_plot.h"

#include <stdio.h>

enum {
	WIDTH = 760,
	LEFT = 110, /* of the bars: names of stages stand before them */
	ROOM = 540, /* for the longest of them */
	HEAD = 34,
	ROW = 24,
	BAR = 12,
};
static const double MS_PER_S = 1000;

static void put_text(FILE *stream, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", stream);
			break;
		case '<':
			fputs("&lt;", stream);
			break;
		case '>':
			fputs("&gt;", stream);
			break;
		default:
			fputc((unsigned char)*text < ' ' ? '?' : *text, stream);
		}
}

static size_t count_rows(const struct boot_group *group)
{
	size_t n = 0;

	for (int stage = 0; stage < _STAGE_MAX; stage++)
		n += group->stages[stage].n > 0;
	return n;
}

/* All groups have one scale, so that they can be compared. */
static double longest(const struct boot_group *groups, size_t n_groups)
{
	double most = 1;

	for (size_t i = 0; i < n_groups; i++)
		for (int stage = 0; stage < _STAGE_MAX; stage++)
			if (groups[i].stages[stage].n > 0 &&
				groups[i].stages[stage].max > most)
				most = groups[i].stages[stage].max;
	return most;
}

static void plot_stage(FILE *stream, enum boot_stage stage,
	const struct boot_stage_times *t, double scale, size_t y)
{
	size_t middle = y + BAR / 2;

	fprintf(stream, "<text x=\"%d\" y=\"%zu\" text-anchor=\"end\">%s</text>\n",
		LEFT - 8, y + BAR - 1, boot_stage_name(stage));
	fprintf(stream,
		"<rect class=\"bar\" x=\"%d\" y=\"%zu\" width=\"%.1f\" height=\"%d\"/>\n",
		LEFT, y, t->median * scale, BAR);
	fprintf(stream, "<path d=\"M%.1f %zuH%.1fM%.1f %zuv%d\"/>\n",
		LEFT + t->min * scale, middle, LEFT + t->max * scale,
		LEFT + t->p90 * scale, y, BAR);
	fprintf(stream, "<text x=\"%.1f\" y=\"%zu\">%.2f s</text>\n",
		LEFT + t->max * scale + 6, y + BAR - 1, t->median / MS_PER_S);
}

/* Returns where the next one begins. */
static size_t plot_group(
	FILE *stream, const struct boot_group *group, double scale, size_t y)
{
	fprintf(stream, "<text class=\"head\" x=\"12\" y=\"%zu\">", y + 20);
	put_text(stream, group->image);
	fprintf(stream, ", %s, n = %zu</text>\n", group->accel, group->n_starts);
	y += HEAD;
	for (int stage = 0; stage < _STAGE_MAX; stage++)
		if (group->stages[stage].n > 0) {
			plot_stage(stream, (enum boot_stage)stage, &group->stages[stage],
				scale, y);
			y += ROW;
		}
	return y;
}

void record_plot(FILE *stream, const struct boot_group *groups, size_t n_groups)
{
	size_t height = HEAD, y = 0;
	double scale = ROOM / longest(groups, n_groups);

	for (size_t i = 0; i < n_groups; i++)
		height += HEAD + ROW * count_rows(&groups[i]);
	fprintf(stream,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %zu\" "
		"width=\"%d\" height=\"%zu\">\n",
		WIDTH, height, WIDTH, height);
	fputs("<style>svg { background: #fff } text { font: 12px sans-serif; fill: #333 } .head { font-weight: "
	      "bold }\n"
	      ".bar { fill: #5b9bd5 } path { stroke: #1d3f66; fill: none }\n"
	      "@media (prefers-color-scheme: dark) { svg { background: #16181b } text { fill: #ddd } path { stroke: "
	      "#bcd } }</style>\n",
		stream);
	for (size_t i = 0; i < n_groups; i++)
		y = plot_group(stream, &groups[i], scale, y);
	fprintf(stream,
		"<text x=\"12\" y=\"%zu\">Seconds since the start of QEMU: the bar ends "
		"at the median, the line goes from min to max, the stroke is p90.</text>\n"
		"</svg>\n",
		y + 20);
}
