/* SPDX-License-Identifier: Apache-2.0 */

#include "read/directory_session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <openldap.h>

#include "base/file.h"
#include "base/text.h"
#include "read/certificate.h"
#include "read/directory_sync.h"
#include "read/dn.h"

enum {
	CONNECT_TIMEOUT_S = 10, /* connection, TLS and bind; then the next server */
	READ_AHEAD = 256 * 1024,
	OPERATIONS_MAX = 64, /* that are under way at once */
};

static const char *const ca_bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine */
	"/etc/pki/tls/certs/ca-bundle.crt", /* Red Hat */
	"/etc/ssl/ca-bundle.pem", /* SUSE */
	"/etc/ssl/cert.pem",
};

/* Faults */

int session_fail(struct session *s, const char *format, ...)
{
	va_list args;

	if (s->fault)
		return -1;
	va_start(args, format);
	s->fault = mem_vprintf(s, format, args);
	va_end(args);
	return -1;
}

/* What helps, by result code (RFC 4511 section 4.1.9); NULL: the code says it all. */
static const char *code_hint(const struct session *s, int code)
{
	switch (code) {
	case LDAP_INVALID_CREDENTIALS:
		return s->settings->bind == BIND_SIMPLE
			       ? "check the bind DN and the password in the password file"
			       : "check who is allowed to bind that way";
	case LDAP_INAPPROPRIATE_AUTH:
	case LDAP_AUTH_METHOD_NOT_SUPPORTED:
	case LDAP_AUTH_UNKNOWN:
		return s->settings->bind == BIND_EXTERNAL
			       ? "'bind: external' needs ldapi://, or TLS with cert-file"
		       : s->settings->bind == BIND_ANONYMOUS
			       ? "the server wants to know who reads: give directory.bind a "
				 "DN with a password file"
			       : "the server does not offer this way to bind";
	case LDAP_CONFIDENTIALITY_REQUIRED:
	case LDAP_STRONG_AUTH_REQUIRED:
		return "use ldaps:// or 'tls: {starttls: yes}'";
	case LDAP_INSUFFICIENT_ACCESS:
		return "give the bind DN read access to everything below the base";
	case LDAP_UNAVAILABLE_CRITICAL_EXTENSION:
		return "the server must support paged results (RFC 2696)";
	case LDAP_REFERRAL:
		return "it refers to another server: name that one in 'uri'";
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
		return "try again later, or name a further server in 'uri'";
	default:
		return NULL;
	}
}

int session_refused(struct session *s, int code, const char *diagnostic)
{
	const char *hint = code_hint(s, code);

	return session_fail(s, "%s: the server says '%s' (%d)%s%s%s%s", s->doing,
		ldap_err2string(code), code, *diagnostic ? ": " : "", diagnostic,
		hint ? "; " : "", hint ? hint : "");
}

/* The connection, or what came over it, is broken. */
static int lost(struct session *s)
{
	int code = LDAP_SERVER_DOWN, error = errno;

	ldap_get_option(s->ld, LDAP_OPT_RESULT_CODE, &code);
	if (code != LDAP_SERVER_DOWN)
		return session_fail(s, "%s: %s", s->doing, ldap_err2string(code));
	/* with TLS 1.3 the server judges the client after the handshake */
	if (s->is_untried && !s->settings->cert_file)
		return session_fail(s,
			"%s: the connection broke off: does the server want a client "
			"certificate (cert-file)?",
			s->doing);
	return session_fail(s, "%s: the connection broke off%s%s", s->doing,
		error == ECONNRESET ? ": " : "",
		error == ECONNRESET ? strerror(error) : "");
}

/* Waiting */

static int remaining_ms(const struct session *s)
{
	uint64_t now = endpoint_now_ms();

	return now < s->deadline_ms ? (int)(s->deadline_ms - now) : 0;
}

/* Bytes that libldap took off the socket and has not looked at yet: poll() is blind to */
static bool has_read_ahead(const struct session *s)
{
	Sockbuf *sockbuf = NULL;

	ldap_get_option(s->ld, LDAP_OPT_SOCKBUF, &sockbuf);
	return sockbuf && ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_DATA_READY, NULL) > 0;
}

int session_check_deadline(struct session *s)
{
	if (remaining_ms(s) > 0)
		return 0;
	return session_fail(s, "%s: no answer within %u s", s->doing, s->limit_s);
}

static int wait_readable(struct session *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	if (session_check_deadline(s))
		return -1;
	poll(&p, 1, remaining_ms(s));
	return 0;
}

int session_poll(struct session *s, int id, struct ldapmsg **ret_message)
{
	/* a message of another operation may come in its place, and others wait behind it */
	for (int i = 0; i < OPERATIONS_MAX; i++) {
		struct timeval at_once = {0};

		errno = 0;
		int type = ldap_result(s->ld, id, LDAP_MSG_ONE, &at_once, ret_message);

		if (type < 0)
			return lost(s);
		s->is_untried = s->is_untried && type == 0;
		if (type > 0 || !has_read_ahead(s))
			return type;
	}
	return 0;
}

int session_next(struct session *s, int id, struct ldapmsg **ret_message)
{
	for (;;) {
		int type = session_poll(s, id, ret_message);

		if (type != 0)
			return type < 0 ? -1 : 0;
		if (wait_readable(s))
			return -1;
	}
}

int session_code(
	struct session *s, struct ldapmsg *message, int *ret_code, char **ret_diagnostic)
{
	char *diagnostic = NULL;
	int failed = ldap_parse_result(
		s->ld, message, ret_code, NULL, &diagnostic, NULL, NULL, 0);

	if (failed)
		return session_fail(s, "%s: the answer cannot be read: %s", s->doing,
			ldap_err2string(failed));
	*ret_diagnostic = text_printable(
		s, diagnostic ? diagnostic : "", diagnostic ? strlen(diagnostic) : 0);
	ldap_memfree(diagnostic);
	return 0;
}

/* The result of an operation without entries; anything but success is a fault. */
static int expect_success(struct session *s, int id)
{
	LDAPMessage *message;
	char none[] = "", *diagnostic = none;
	int code = LDAP_OTHER;

	if (session_next(s, id, &message))
		return -1;
	int failed = session_code(s, message, &code, &diagnostic);

	ldap_msgfree(message);
	if (failed || code == LDAP_SUCCESS)
		return failed;
	return session_refused(s, code, diagnostic);
}

/* The handle */

/*
 * ldap.conf, ~/.ldaprc and LDAP* variables would change options behind our back. Loading
 * the SASL plugins takes a third of a probe, and only GSSAPI needs any.
 */
static void prepare_library(const struct session *s)
{
	setenv("LDAPNOINIT", "1", 1);
	if (s->settings->bind != BIND_GSSAPI)
		setenv("SASL_PATH", "/dev/null", 0);
}

static struct timeval remaining_time(const struct session *s)
{
	int left = remaining_ms(s);

	return (struct timeval){.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
}

/* Every option that matters: libldap's defaults are version 2 and chasing referrals. */
static void set_options(struct session *s)
{
	static const int version = LDAP_VERSION3, no_limit = LDAP_NO_LIMIT,
			 deref = LDAP_DEREF_NEVER;
	struct timeval left = remaining_time(s);

	ldap_set_option(s->ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap_set_option(s->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	ldap_set_option(s->ld, LDAP_OPT_DEREF, &deref);
	ldap_set_option(s->ld, LDAP_OPT_SIZELIMIT, &no_limit);
	ldap_set_option(s->ld, LDAP_OPT_TIMELIMIT, &no_limit);
	ldap_set_option(s->ld, LDAP_OPT_RESTART, LDAP_OPT_ON);
	ldap_set_option(s->ld, LDAP_OPT_NETWORK_TIMEOUT, &left);
	ldap_set_option(s->ld, LDAP_OPT_TIMEOUT, &left);
	ldap_set_option(s->ld, LDAP_OPT_X_SASL_NOCANON, LDAP_OPT_ON);
}

/*
 * libldap's handshake has no time limit: up to 2.5 it calls the TLS library again and
 * again until that succeeds or fails. This layer below TLS waits for the socket in its
 * place, and fails when the time is over. Outside of the handshake it does nothing.
 */
static ber_slen_t wait_in_handshake(Sockbuf_IO_Desc *layer, short events, ber_slen_t n)
{
	struct session *s = layer->sbiod_pvt;
	struct pollfd p = {.fd = s->fd, .events = events};

	if (n >= 0 || errno != EAGAIN || !s->is_shaking_hands)
		return n;
	if (remaining_ms(s) == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	poll(&p, 1, remaining_ms(s));
	errno = EAGAIN;
	return -1;
}

static ber_slen_t read_layer(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t len)
{
	return wait_in_handshake(layer, POLLIN, LBER_SBIOD_READ_NEXT(layer, bytes, len));
}

static ber_slen_t write_layer(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t len)
{
	return wait_in_handshake(
		layer, POLLOUT, LBER_SBIOD_WRITE_NEXT(layer, bytes, len));
}

static int set_up_layer(Sockbuf_IO_Desc *layer, void *session)
{
	layer->sbiod_pvt = session;
	return 0;
}

static int control_layer(Sockbuf_IO_Desc *layer, int option, void *argument)
{
	return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

static int close_layer(Sockbuf_IO_Desc *layer _unused_)
{
	return 0;
}

static Sockbuf_IO waiting_layer = {
	.sbi_setup = set_up_layer,
	.sbi_remove = close_layer,
	.sbi_ctrl = control_layer,
	.sbi_read = read_layer,
	.sbi_write = write_layer,
	.sbi_close = close_layer,
};

/*
 * Reads as much as there is instead of twice for every entry: half the CPU time. To wait
 * until more is there gained nothing (measured with 100,000 entries over ldapi://).
 */
static void set_layers(struct session *s)
{
	static int size = READ_AHEAD;
	Sockbuf *sockbuf = NULL;

	ldap_get_option(s->ld, LDAP_OPT_SOCKBUF, &sockbuf);
	if (!sockbuf)
		return;
	ber_sockbuf_add_io(sockbuf, &waiting_layer, LBER_SBIOD_LEVEL_PROVIDER, s);
	if (!ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_HAS_IO, &ber_sockbuf_io_readahead))
		ber_sockbuf_add_io(sockbuf, &ber_sockbuf_io_readahead,
			LBER_SBIOD_LEVEL_PROVIDER, &size);
}

static int close_session(struct session *s)
{
	if (s->ld)
		ldap_unbind_ext(s->ld, NULL, NULL);
	return 0;
}

struct session *session_new(TALLOC_CTX *mem_ctx,
	const struct directory_settings *settings, const struct endpoint *endpoint,
	const char *password)
{
	struct session *s = mem_new(mem_ctx, struct session);

	*s = (struct session){
		.settings = settings,
		.endpoint = endpoint,
		.password = password,
		.fd = -1,
		.limit_s = settings->timeout_s,
		.doing = "connecting",
	};
	talloc_set_destructor(s, close_session);
	return s;
}

static int open_handle(struct session *s)
{
	char *reason = NULL;

	prepare_library(s);
	s->fd = endpoint_connect(s, s->endpoint, s->deadline_ms, &reason);
	if (s->fd < 0)
		return session_fail(s, "%s", reason);
	int failed = ldap_init_fd(s->fd,
		s->endpoint->kind == ENDPOINT_LDAPI ? LDAP_PROTO_IPC : LDAP_PROTO_TCP,
		s->endpoint->uri, &s->ld);

	if (failed)
		return session_fail(s, "%s: %s", s->doing, ldap_err2string(failed));
	set_options(s);
	set_layers(s);
	return 0;
}

/* TLS */

static const char *ca_file(const struct directory_settings *settings)
{
	if (settings->ca_file)
		return settings->ca_file;
	for (size_t i = 0; i < ARRAY_SIZE(ca_bundles); i++) {
		if (access(ca_bundles[i], R_OK) == 0)
			return ca_bundles[i];
	}
	return ca_bundles[0];
}

/* Can @path be read, and does it hold what it should? The TLS libraries do not tell. */
static int check_pem(
	struct session *s, const char *what, const char *path, const char *mark)
{
	TMP_CTX(tmp);
	struct diags *ignored = diags_new(tmp);
	char *text;
	size_t len;

	if (!path)
		return 0;
	if (access(path, R_OK) < 0)
		return session_fail(s, "%s '%s': %s", what, path, strerror(errno));
	if (file_read(tmp, path, EXIT_IO, 16 * 1024 * 1024, ignored, &text, &len))
		return session_fail(s, "%s '%s' cannot be read", what, path);
	if (!memmem(text, len, mark, strlen(mark)))
		return session_fail(s,
			"%s '%s' is not in PEM form: no line '-----BEGIN …%s'", what,
			path, mark);
	return 0;
}

static int check_tls_files(struct session *s)
{
	const struct directory_settings *settings = s->settings;

	if (check_pem(s, "the CA file", ca_file(settings), "CERTIFICATE-----") ||
		check_pem(s, "cert-file", settings->cert_file, "CERTIFICATE-----") ||
		check_pem(s, "key-file", settings->key_file, "PRIVATE KEY-----"))
		return -1;
	if (!settings->cert_file != !settings->key_file)
		return session_fail(
			s, "cert-file and key-file go together: one is missing");
	return 0;
}

static int start_tls(struct session *s)
{
	int id, failed;

	if (s->endpoint->kind != ENDPOINT_LDAP)
		return 0;
	s->doing = "StartTLS";
	failed = ldap_extended_operation(
		s->ld, LDAP_EXOP_START_TLS, NULL, NULL, NULL, &id);
	return failed ? lost(s) : expect_success(s, id);
}

/* The handshake; 0, or the libldap code. @require: LDAP_OPT_X_TLS_DEMAND or _NEVER. */
static int shake_hands(struct session *s, int require)
{
	static const int minimum = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, is_server = 0;
	const struct directory_settings *settings = s->settings;
	struct timeval left = remaining_time(s);

	s->doing = "TLS handshake";
	ldap_set_option(s->ld, LDAP_OPT_NETWORK_TIMEOUT, &left);
	ldap_set_option(s->ld, LDAP_OPT_X_TLS_CACERTFILE, ca_file(settings));
	ldap_set_option(s->ld, LDAP_OPT_X_TLS_CERTFILE, settings->cert_file);
	ldap_set_option(s->ld, LDAP_OPT_X_TLS_KEYFILE, settings->key_file);
	ldap_set_option(s->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &require);
	ldap_set_option(s->ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &minimum);
	/* last, or the settings above are ignored */
	if (ldap_set_option(s->ld, LDAP_OPT_X_TLS_NEWCTX, &is_server) != LDAP_SUCCESS)
		return LDAP_LOCAL_ERROR;
	s->is_shaking_hands = true;
	int failed = ldap_install_tls(s->ld);

	s->is_shaking_hands = false;
	s->is_untried = true;

	/* libldap has made the socket blocking: half a record would hold us for ever */
	fcntl(s->fd, F_SETFL, fcntl(s->fd, F_GETFL) | O_NONBLOCK);
	return failed;
}

static const char *day(char text[sizeof("2026-12-31")], int64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm tm;

	strftime(text, sizeof("2026-12-31"), "%F", gmtime_r(&time, &tm));
	return text;
}

static char *join(TALLOC_CTX *mem_ctx, const struct string_list *list)
{
	struct buffer *text = buffer_new(mem_ctx);

	for (size_t i = 0; i < list->n; i++)
		buffer_printf(text, "%s'%s'", i ? ", " : "", list->items[i]);
	return text->data;
}

/* What is wrong with a certificate that was refused; its signature if nothing else is. */
static int judge(struct session *s, const struct certificate *c)
{
	const char *host = s->endpoint->host;
	int64_t now = time(NULL);
	char text[sizeof("2026-12-31")];

	if (c->not_after < now)
		return session_fail(s, "the server's certificate expired on %s",
			day(text, c->not_after));
	if (c->not_before > now)
		return session_fail(s,
			"the server's certificate is valid from %s on only: is this "
			"machine's clock right?",
			day(text, c->not_before));
	if (!certificate_is_for(c, host))
		return session_fail(s,
			"the server's certificate is for %s, "
			"not for '%s': use that name in 'uri'",
			join(s, &c->names), host);
	if (text_equal_case(host, "localhost"))
		return session_fail(s,
			"the server's certificate (for %s) was refused: in the place of "
			"'localhost' libldap expects this machine's own name; use that "
			"in 'uri', or 127.0.0.1",
			join(s, &c->names));
	return session_fail(s,
		"the server's certificate is not signed "
		"by a CA in '%s': its issuer is '%s'",
		ca_file(s->settings), c->issuer);
}

/*
 * libldap says "Can't contact LDAP server" to everything that goes wrong in TLS. So
 * connect again without any demand on the certificate, send nothing, and look at it
 * ourselves.
 */
static int diagnose_tls(struct session *s, int code)
{
	TMP_CTX(tmp);
	struct session *probe = session_new(tmp, s->settings, s->endpoint, NULL);
	struct berval bytes = {0};
	struct certificate certificate;

	probe->deadline_ms = s->deadline_ms;
	if (session_check_deadline(s))
		return -1;
	if (code == LDAP_LOCAL_ERROR)
		return session_fail(s,
			"the TLS files cannot be used: do cert-file and key-file belong "
			"together, and is '%s' sound?",
			ca_file(s->settings));
	if (open_handle(probe) || start_tls(probe) ||
		shake_hands(probe, LDAP_OPT_X_TLS_NEVER) != LDAP_SUCCESS)
		return session_fail(s,
			"TLS handshake: it failed before certificates were looked at: "
			"does the server speak TLS 1.2 or newer on this port%s?",
			s->settings->cert_file ? ""
					       : ", and without a client certificate");
	ldap_get_option(probe->ld, LDAP_OPT_X_TLS_PEERCERT, &bytes);
	bool is_read = certificate_parse(tmp, bytes.bv_val, bytes.bv_len, &certificate);

	ldap_memfree(bytes.bv_val);
	if (!is_read)
		return session_fail(
			s, "TLS handshake: the server's certificate cannot be read");
	return judge(s, &certificate);
}

static int secure(struct session *s)
{
	enum endpoint_kind kind = s->endpoint->kind;

	if (kind == ENDPOINT_LDAPI || (kind == ENDPOINT_LDAP && !s->settings->starttls))
		return 0;
	if (check_tls_files(s) || start_tls(s))
		return -1;
	int failed = shake_hands(s, LDAP_OPT_X_TLS_DEMAND);

	return failed ? diagnose_tls(s, failed) : 0;
}

/* Bind */

/* As sasl_interact_t of <sasl/sasl.h>, which is not needed for anything else. */
struct interaction {
	unsigned long id; /* 0 ends the list */
	const char *challenge, *prompt, *default_result;
	const void *result;
	unsigned len;
};

/* Who is asked for takes what the ticket says. */
static int answer_nothing(
	LDAP *ld _unused_, unsigned flags _unused_, void *defaults _unused_, void *in)
{
	for (struct interaction *i = in; i->id != 0; i++) {
		i->result = i->default_result ? i->default_result : "";
		i->len = (unsigned)strlen(i->result);
	}
	return LDAP_SUCCESS;
}

static int bind_gssapi(struct session *s)
{
	LDAPMessage *message = NULL;
	const char *mechanism = NULL;
	char *diagnostic = NULL;
	int id, code;

	if (s->endpoint->kind == ENDPOINT_LDAPS || s->settings->starttls)
		ldap_set_option(s->ld, LDAP_OPT_X_SASL_SECPROPS, "maxssf=0");
	for (;;) {
		code = ldap_sasl_interactive_bind(s->ld, NULL, "GSSAPI", NULL, NULL,
			LDAP_SASL_QUIET, answer_nothing, NULL, message, &mechanism, &id);
		ldap_msgfree(message);
		if (code != LDAP_SASL_BIND_IN_PROGRESS)
			break;
		if (session_next(s, id, &message))
			return -1;
	}
	if (code == LDAP_SUCCESS)
		return 0;
	ldap_get_option(s->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic);
	session_fail(s,
		"%s with GSSAPI: %s (%d)%s%s; is there a valid ticket (KRB5CCNAME, "
		"kinit -k), and is the SASL plugin installed (Debian "
		"libsasl2-modules-gssapi-mit, Red Hat cyrus-sasl-gssapi)?",
		s->doing, ldap_err2string(code), code, diagnostic ? ": " : "",
		diagnostic ? diagnostic : "");
	ldap_memfree(diagnostic);
	return -1;
}

/* One request, one answer: EXTERNAL this way needs no SASL library. */
static int bind_once(
	struct session *s, const char *dn, const char *mechanism, const char *secret)
{
	struct berval credentials = {.bv_len = strlen(secret), .bv_val = (char *)secret};
	int id;

	if (ldap_sasl_bind(s->ld, dn, mechanism, &credentials, NULL, NULL, &id))
		return lost(s);
	return expect_success(s, id);
}

static int bind_session(struct session *s)
{
	s->doing = "binding";
	switch (s->settings->bind) {
	case BIND_ANONYMOUS:
		return 0;
	case BIND_EXTERNAL:
		return bind_once(s, NULL, "EXTERNAL", "");
	case BIND_SIMPLE:
		return bind_once(s, s->settings->bind_dn, LDAP_SASL_SIMPLE, s->password);
	case BIND_GSSAPI:
		return bind_gssapi(s);
	}
	return session_fail(s, "unknown way to bind");
}

int session_open(struct session *s)
{
	uint64_t start = endpoint_now_ms();

	if (s->limit_s > CONNECT_TIMEOUT_S)
		s->limit_s = CONNECT_TIMEOUT_S;
	s->deadline_ms = start + s->limit_s * UINT64_C(1000);
	int failed = open_handle(s) || secure(s) || bind_session(s);

	s->limit_s = s->settings->timeout_s;
	s->deadline_ms = start + s->limit_s * UINT64_C(1000);
	return failed ? -1 : 0;
}

/* WhoAmI */

const char *session_who(const struct session *s)
{
	return !s->identity ? "the bind DN" : *s->identity ? s->identity : "anonymous";
}

int session_whoami_start(struct session *s, int *ret_id)
{
	s->doing = "WhoAmI";
	return ldap_whoami(s->ld, NULL, NULL, ret_id) == LDAP_SUCCESS ? 0 : lost(s);
}

/* Equal DNs, or equal text for what is no DN (`u:name`). */
static bool is_identity(const char *is, const char *expected)
{
	TMP_CTX(tmp);

	if (text_has_prefix(expected, "dn:"))
		expected += strlen("dn:");
	char *is_key = dn_key(tmp, is);
	char *expected_key = dn_key(tmp, expected);

	if (is_key && expected_key)
		return strcmp(is_key, expected_key) == 0;
	return text_equal_case(is, expected);
}

static int check_identity(struct session *s, int code)
{
	const char *expected = s->settings->expect_identity;

	if (!expected)
		return 0;
	if (!s->identity)
		return session_fail(s,
			"expect-identity cannot be checked: the "
			"server answers WhoAmI with '%s' (%d)",
			ldap_err2string(code), code);
	if (is_identity(s->identity, expected))
		return 0;
	return session_fail(s, "bound as '%s', but expect-identity is '%s'",
		session_who(s), expected);
}

/* 389 Directory Server writes a blank behind the colon. */
static char *identity_text(TALLOC_CTX *mem_ctx, const struct berval *authzid)
{
	if (!authzid || !authzid->bv_val)
		return mem_strdup(mem_ctx, "");
	const char *text = authzid->bv_val;

	if (text_has_prefix(text, "dn:"))
		text += strlen("dn:");
	return mem_strdup(mem_ctx, text + strspn(text, " "));
}

int session_whoami_finish(struct session *s, int id)
{
	struct berval *authzid = NULL;
	LDAPMessage *message;
	char *diagnostic;
	int code;

	s->doing = "WhoAmI";
	if (session_next(s, id, &message))
		return -1;
	int failed = session_code(s, message, &code, &diagnostic);

	if (!failed && code == LDAP_SUCCESS &&
		ldap_parse_whoami(s->ld, message, &authzid) == LDAP_SUCCESS)
		s->identity = identity_text(s, authzid);
	ber_bvfree(authzid);
	ldap_msgfree(message);
	return failed ? -1 : check_identity(s, code);
}

/* Lookups */

int session_lookup_start(struct session *s, struct lookup *lookup)
{
	char **attributes = (char **)lookup->attributes;
	LDAPControl *controls[] = {
		lookup->needs_sync ? sync_request(LDAP_SYNC_REFRESH_ONLY, NULL) : NULL,
		NULL};

	int code = ldap_search_ext(s->ld, lookup->dn,
		lookup->is_subtree ? LDAP_SCOPE_SUBTREE : LDAP_SCOPE_BASE,
		lookup->filter ? lookup->filter : "(objectClass=*)", attributes, 0,
		controls, NULL, NULL, LDAP_NO_LIMIT, &lookup->id);

	ldap_control_free(controls[0]);
	return code == LDAP_SUCCESS ? 0 : lost(s);
}

static void take_values(struct session *s, struct lookup *lookup, LDAPMessage *entry)
{
	lookup->n_entries++;
	for (size_t i = 0; lookup->attributes[i]; i++) {
		struct string_list *list = &lookup->values[i];
		struct berval **values =
			ldap_get_values_len(s->ld, entry, lookup->attributes[i]);

		for (size_t j = 0; values && values[j]; j++)
			*mem_push(s, &list->items, &list->n) =
				mem_strndup(s, values[j]->bv_val, values[j]->bv_len);
		ldap_value_free_len(values);
	}
}

int session_lookup_finish(struct session *s, struct lookup *lookup)
{
	for (;;) {
		LDAPMessage *message;

		if (session_next(s, lookup->id, &message))
			return -1;
		int type = ldap_msgtype(message), failed = 0;

		if (type == LDAP_RES_SEARCH_ENTRY)
			take_values(s, lookup, message);
		else if (type == LDAP_RES_SEARCH_RESULT)
			failed = session_code(
				s, message, &lookup->code, &lookup->diagnostic);
		lookup->is_found = lookup->code == LDAP_SUCCESS;
		lookup->is_missing = lookup->code == LDAP_NO_SUCH_OBJECT;
		lookup->is_unsupported =
			lookup->code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION;
		ldap_msgfree(message);
		if (failed || type == LDAP_RES_SEARCH_RESULT)
			return failed;
	}
}
