# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # of lib.sh
#
# A private 389 Directory Server in a scratch folder, beside lib.sh's slapd. To be sourced after
# lib.sh, whose folder, TAP and end it uses:
#
#	ds_new main
#	ds_start main
#	ds_load main contrib/example/cluster.ldif
#
# dscreate wants systemd; what it would do is a page of configuration, made here from the same
# template. Without ns-slapd the test is skipped.

DS_DATA=/usr/share/dirsrv/data
if ! command -v ns-slapd >/dev/null || [ ! -e $DS_DATA/template-dse.ldif ]; then
	echo '1..0 # SKIP 389 Directory Server is not installed'
	exit 0
fi

DS_READER=uid=reader,$SUFFIX
ds_socket() { echo "$scratch/$1/run/ldapi"; }
ds_uri() { echo "ldapi://${scratch//\//%2F}%2F$1%2Frun%2Fldapi"; }

# Our schema in 389's form, behind everything that it builds on.
ds_schema() {
	printf 'dn: cn=schema\n'
	sed -n -e 's/^olcAttributeTypes:/attributeTypes:/p' \
		-e 's/^olcObjectClasses:/objectClasses:/p' -e '/^ /p' "$SOURCE_ROOT/schema/ldapcc.ldif"
}

ds_backend() {
	cat <<-LDIF

		dn: cn=userRoot,cn=ldbm database,cn=plugins,cn=config
		objectClass: top
		objectClass: extensibleObject
		objectClass: nsBackendInstance
		cn: userRoot
		nsslapd-suffix: $SUFFIX

		dn: cn="$SUFFIX",cn=mapping tree,cn=config
		objectClass: top
		objectClass: extensibleObject
		objectClass: nsMappingTree
		cn: $SUFFIX
		nsslapd-state: backend
		nsslapd-backend: userRoot
	LDIF
}

# ds_new NAME: its folder and configuration. With DS_USN=on the USN plugin is on.
ds_new() {
	local folder=$scratch/$1
	mkdir -p "$folder"/{etc/schema,db,bak,ldif,lock,log,run,tmp,inst}
	cp /usr/share/dirsrv/schema/*.ldif "$folder/etc/schema"
	cp /etc/dirsrv/config/slapd-collations.conf "$folder/etc"
	ds_schema >"$folder/etc/schema/98ldapcc.ldif"
	sed -e "s,%schema_dir%,$folder/etc/schema,; s,%\(cert\|config\)_dir%,$folder/etc," \
		-e "s|%db_home_dir%|$folder/db|; s|%\([a-z]*\)_dir%|$folder/\1|" \
		-e "s|%fqdn%|localhost|; s|%ds_port%|0|; s|%ds_user%|$(id -un)|" \
		-e 's|%rootdn%|cn=Directory Manager|; s/%ldapi_enabled%\|%ldapi_autobind%/on/' \
		-e "s|%ldapi%|$folder/run/ldapi|; s|%ds_suffix%|$SUFFIX|; s|%db_lib%|bdb|" \
		-e '/^nsslapd-rootpw:/d' -e '/^nsslapd-port/a nsslapd-accesslog-logging-enabled: off' \
		-e "/^dn: cn=USN,/,/^\$/s/^\(nsslapd-pluginenabled:\).*/\1 ${DS_USN:-off}/I" \
		$DS_DATA/template-dse.ldif >"$folder/template"
	# two empty lines are an entry without a DN to it
	(cat "$folder/template" && ds_backend) | cat -s >"$folder/etc/dse.ldif"
}

# ds_start NAME: returns when it answers; its log is $scratch/NAME/log/errors
ds_start() {
	local name=$1
	# it waits for ever to end where a persistent search is open at the wrong moment
	timeout -k 5 600 ns-slapd -d 0 -D "$scratch/$name/etc" -i "$scratch/$name/run/pid" \
		>"$scratch/$name/out" 2>&1 &
	pids+=($!)
	echo $! >"$scratch/$name/pid"
	if ! wait_for ldapwhoami -Q -Y EXTERNAL -H "$(ds_uri "$name")"; then
		tail -n 20 "$scratch/$name/log/errors" | sed 's/^/# ns-slapd: /'
		return 1
	fi
}

ds_stop() {
	local pid
	pid=$(cat "$scratch/$1/pid")
	kill "$pid"
	wait "$pid" || true
}

# LDIF on standard input, as the Directory Manager
ds_modify() {
	ldapmodify -Q -Y EXTERNAL -H "$(ds_uri "$1")" >"$scratch/$1/modify.log" 2>&1
}

# ds_load NAME FILE…: entries, and $DS_READER with the password `secret`, who may read them
ds_load() {
	local name=$1
	shift
	cat "$@" - <<-LDIF | ldapadd -c -Q -Y EXTERNAL -H "$(ds_uri "$name")" \
		>"$scratch/$name/load.log" 2>&1

		dn: $DS_READER
		objectClass: account
		objectClass: simpleSecurityObject
		uid: reader
		userPassword: secret
	LDIF
	ds_modify "$name" <<-LDIF
		dn: $SUFFIX
		changetype: modify
		add: aci
		aci: (targetattr="*")(version 3.0; acl "reader"; allow (read, search, compare)
		  userdn = "ldap:///$DS_READER";)
	LDIF
	(umask 077 && printf secret >"$scratch/$name/password")
}
