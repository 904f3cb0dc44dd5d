/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the rows of the template data's tables are made of (fields.c): a row has a name, a
 * kind and a getter. Most getters take a member of a struct by its offset; COMPUTED()
 * names one that GETTER() or GIVES() defines. FROM() and STRINGS() also say which field of the
 * directory a value is from, so that a value that an escaper refuses can be reported
 * there.
 */

#include "model/use.h"
#include "render/fields.h"

/* Gives every shape its `extra`, as the map has it. */
void fields_extras(TALLOC_CTX *mem_ctx, const struct map *map);
/* The row of a shape that leads there; it has no extras before fields_extras(). */
#define EXTRA(kind) \
	{ \
		"extra", VALUE_OBJECT, &extra_shapes[KIND_##kind], row_get_self, NULL, \
			0, 0 \
	}
/* By kind; VCNs have those of hosts. */
extern struct shape extra_shapes[_KIND_MAX];

/* The most rows of one shape. */
enum { ROW_ROOM = 96 };

/*
 * row_join - the rows of a shape: the plain ones, which are the uses of its kinds (use.h),
 * then @computed
 *
 * shape: @other is a second kind that has the same shape, or KIND_NONE; a name of both is
 *        one row. Joined already: nothing happens.
 */
void row_join(struct field fields[ROW_ROOM], const struct field *computed, enum kind kind,
	enum kind other);
/* Join those of fields_network.c, fields_node.c and fields_install.c. */
void fields_join_network(void);
void fields_join_node(void);
void fields_join_install(void);

/* fields_note.c: sums of a site, and what is known of it besides its records. */
void fields_findings(const struct field *field, const void *object, struct value *ret);
void fields_quarantined(const struct field *field, const void *object, struct value *ret);
void fields_changes(const struct field *field, const void *object, struct value *ret);
void fields_note_at(const void *base, size_t i, struct value *ret);
extern const struct shape note_shape, total_shape;

extern const struct shape shared_network_shape, boot_shape, option_type_shape,
	static_route_shape, group_kind_shape, leaf_shape;

/* Giving a value of each kind; an empty text and a NULL object are none. */
void row_give_text(struct value *ret, const char *text);
void row_give_number(struct value *ret, int64_t number);
void row_give_bool(struct value *ret, bool truth);
void row_give_object(struct value *ret, const void *object);
void row_give_list(struct value *ret, const void *base, size_t n);
void row_give_ip(struct value *ret, struct ip ip);
void row_give_mac(struct value *ret, struct mac mac);

/* Getters by offset. A count of 0 is none; has_… tells whether a list is not empty. */
#define ROW_GETTER(name) \
	void row_get_##name( \
		const struct field *field, const void *object, struct value *ret)
ROW_GETTER(text);
ROW_GETTER(count);
ROW_GETTER(bool);
ROW_GETTER(ip);
ROW_GETTER(object);
ROW_GETTER(list); /* a pointer with its count right behind it: COUNT_BEHIND() */
ROW_GETTER(has);
ROW_GETTER(self); /* the object itself: a record whose shape is another here */
#undef ROW_GETTER

/* Elements of a list: of texts, of pointers to objects, of MACs. */
void row_text_at(const void *base, size_t i, struct value *ret);
void row_pointer_at(const void *base, size_t i, struct value *ret);
void row_hardware_at(const void *base, size_t i, struct value *ret);
/* Defines TYPE_at(): an element of an array of objects. */
#define ELEMENTS(type) \
	static void type##_at(const void *base, size_t i, struct value *ret) \
	{ \
		row_give_object(ret, (const struct type *)base + i); \
	}

#define MEMBER(type, field, object) (*(type const *)place_in((object), (field)->offset))

/* Rows of the tables */

#define TEXT(name, type, member) \
	{ \
		name, VALUE_TEXT, NULL, row_get_text, NULL, 0, PLACE_OF(type, member) \
	}
#define FROM(name, type, member, source) \
	{ \
		name, VALUE_TEXT, NULL, row_get_text, NULL, FIELD_##source, \
			PLACE_OF(type, member) \
	}
#define COUNT(name, type, member) \
	{ \
		name, VALUE_NUMBER, NULL, row_get_count, NULL, 0, PLACE_OF(type, member) \
	}
#define IP(name, type, member, source) \
	{ \
		name, VALUE_TEXT, NULL, row_get_ip, NULL, FIELD_##source, \
			PLACE_OF(type, member) \
	}
#define TRUTH(name, type, member) \
	{ \
		name, VALUE_BOOL, NULL, row_get_bool, NULL, 0, PLACE_OF(type, member) \
	}
#define OBJECT(name, type, member, shape) \
	{ \
		name, VALUE_OBJECT, &shape, row_get_object, NULL, 0, \
			PLACE_OF(type, member) \
	}
#define STRINGS(name, type, member, source) \
	{ \
		name, VALUE_LIST, NULL, row_get_list, row_text_at, FIELD_##source, \
			PLACE_OF(type, member) \
	}
#define LIST(name, type, member, shape, element) \
	{ \
		name, VALUE_LIST, &shape, row_get_list, element, 0, \
			PLACE_OF(type, member) \
	}
#define HAS(name, type, member) \
	{ \
		name, VALUE_BOOL, NULL, row_get_has, NULL, 0, PLACE_OF(type, member) \
	}
#define COMPUTED(name, kind, get) \
	{ \
		name, kind, NULL, get, NULL, 0, 0 \
	}

#define COUNT_BEHIND(type, member) \
	_Static_assert(offsetof(struct type, n_##member) == \
			       offsetof(struct type, member) + sizeof(void *), \
		"row_get_list() needs the count right behind the array")
#define GETTER(name, type) \
	static void name##_of(const struct type *o, struct value *ret); \
	static void name(const struct field *field _unused_, const void *object, \
		struct value *ret) \
	{ \
		name##_of(object, ret); \
	} \
	static void name##_of(const struct type *o, struct value *ret)
/* A getter that gives one expression of @o, by the row_give_…() of its kind. */
#define GIVES(kind, name, type, expression) \
	GETTER(name, type) \
	{ \
		row_give_##kind(ret, expression); \
	}
