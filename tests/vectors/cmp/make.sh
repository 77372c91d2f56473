#!/bin/sh
# Regenerates the messages in this folder with `openssl cmp`, the client against
# the mock server in the same process. Keys, nonces and times are fresh each
# time, so the bytes differ from those checked in; the tests hold for either.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap '[ $? = 0 ] || cat "$tmp/log" >&2; rm -rf "$tmp"' EXIT
cd "$tmp"

# name, subject, issuer (or "self"), options of `openssl req -newkey`
cert() {
    name=$1 subject=$2 issuer=$3
    shift 3
    openssl req -new -nodes -newkey "$@" -keyout "$name.key" -out "$name.csr" \
        -subj "$subject" 2>/dev/null
    if [ "$issuer" = self ]; then
        printf 'basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n' >ext
        openssl x509 -req -in "$name.csr" -signkey "$name.key" -days 3650 \
            -extfile ext -out "$name.pem" 2>/dev/null
    else
        printf 'keyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >ext
        openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" \
            -set_serial 0x$(openssl rand -hex 15 | sed 's/^/5/') -days 3650 \
            -extfile ext -out "$name.pem" 2>/dev/null
    fi
}

ec='ec -pkeyopt ec_paramgen_curve:P-256'
cert vendor-ca '/O=Vendor/CN=Vendor Root' self $ec
cert vendor '/O=Vendor/CN=0123456789' vendor-ca $ec
cert operator-ca '/O=Operator/CN=Operator Root' self rsa:2048
cert server '/O=Operator/CN=CMP Signer' operator-ca $ec
cert station '/O=Operator/CN=gnb-1' operator-ca $ec
cert station2 '/O=Operator/CN=gnb-1' operator-ca $ec

# name of the operation, names of requests and answers, options of the client
# and of the mock server
run() {
    reqs= rsps=
    for m in $2; do reqs="$reqs$out/$m.der,"; done
    for m in $3; do rsps="$rsps$out/$m.der,"; done
    op=$1
    shift 3
    openssl cmp -config '' -use_mock_srv -cmd "$op" -total_timeout 20 \
        -reqout "${reqs%,}" -rspout "${rsps%,}" "$@" >log 2>&1
}

# The same where the answer is a refusal, which the client calls a failure.
refused() {
    if run "$@"; then
        echo "$2: was not refused" >&2
        exit 1
    fi
}

signed='-srv_cert server.pem -srv_key server.key -srv_trusted vendor-ca.pem
    -srv_untrusted operator-ca.pem -trusted operator-ca.pem
    -rsp_extracerts operator-ca.pem'
vendor='-cert vendor.pem -key vendor.key -extracerts vendor-ca.pem'
own='-cert station.pem -key station.key -srv_trusted operator-ca.pem'
new='-newkey station.key -rsp_cert station.pem'
renew='-newkey station2.key -rsp_cert station2.pem'
mac='-secret pass:3gpp-cmp-secret -ref 0123456789
    -srv_secret pass:3gpp-cmp-secret -srv_ref server -trusted operator-ca.pem'

run ir 'ir certConf' 'ip pkiconf' $signed $vendor $new \
    -recipient '/O=Operator/CN=Operator Root' -subject /O=Operator/CN=gnb-1 \
    -rsp_capubs operator-ca.pem -certout c.pem
run ir 'ir-full' 'ip-implicit' $signed $vendor $new -implicit_confirm \
    -grant_implicitconf -subject /O=Operator/CN=gnb-1 -days 365 \
    -issuer '/O=Operator/CN=Operator Root' -sans 'gnb-1.example.org critical' \
    -policy_oids 1.3.6.1.4.1.99999.1 -certout c.pem
# The mock server knows one certificate: the one it hands out is the old one.
run kur 'kur kur-certConf' 'kup kup-pkiconf' $signed $own $new -certout c.pem
run cr 'cr cr-certConf' 'cp cp-pkiconf' $signed $own $renew -certout c.pem
run ir 'ir-ra-verified' 'ip-ra-verified' $signed $vendor $new -popo 0 -accept_raverified \
    -implicit_confirm -grant_implicitconf -certout c.pem
refused ir 'ir-no-popo' 'ip-no-popo' $signed $vendor $new -popo -1 \
    -certout c.pem
run ir 'ir-mac mac-certConf' 'ip-mac mac-pkiconf' $mac $new \
    -subject /O=Operator/CN=gnb-1 -recipient /CN=server -certout c.pem
refused kur 'kur-unknown' 'error-details' $signed $own $renew -pkistatus 2 \
    -certout c.pem
refused kur 'kur-refused' 'error' $signed $own $new -send_error \
    -certout c.pem
refused ir 'ir-rejected' 'ip-rejected' $signed $vendor $new -pkistatus 2 \
    -failurebits 513 -statusstring 'key not proven' -certout c.pem
run ir 'ir-polled pollReq pollReq2 polled-certConf' \
    'ip-waiting pollRep ip-polled polled-pkiconf' \
    $signed $vendor $new -poll_count 2 -check_after 1 -certout c.pem
run rr 'rr' 'rp' $signed $own -oldcert station.pem -rsp_cert station.pem
run genm 'genm' 'genp' $signed $own -infotype caKeyUpdateInfo
run p10cr 'p10cr p10cr-certConf' 'p10cr-cp p10cr-pkiconf' $signed $own \
    -csr station2.csr -rsp_cert station2.pem -certout c.pem
