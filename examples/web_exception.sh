#!/usr/bin/env bash
# Make, change and delete a web filtering exception with plain curl calls.
#
#   utmlab up --endpoints 1          in one terminal
#   eval "$(utmlab env --secrets)"   in another
#   examples/web_exception.sh
#
# Needs UTMLAB_REST_URL, UTMLAB_WEBADMIN_CA_FILE and UTMLAB_API_TOKEN, as `utmlab env --secrets`
# prints them.
set -euo pipefail

rest() { # METHOD PATH [BODY] [more arguments of curl]: prints the answer, fails with its errors
    local method=$1 path=$2 body=${3:-}
    shift $(($# < 3 ? $# : 3))
    # The token goes in by a file descriptor, so that it stands in no list of processes.
    curl --silent --show-error --fail-with-body \
        --cacert "$UTMLAB_WEBADMIN_CA_FILE" \
        --config <(printf 'user = "token:%s"\n' "$UTMLAB_API_TOKEN") \
        --request "$method" ${body:+--data "$body"} \
        --header 'Content-Type: application/json' "$@" \
        "$UTMLAB_REST_URL$path"
    echo
}

exceptions=/objects/http/exception
ref=REF_UniversityExample

echo "version:  $(rest GET /status/version)"

echo "create:   $(rest PUT $exceptions/$ref '{
    "name": "University sites",
    "comment": "made by a script",
    "domains": ["^https?://([A-Za-z0-9.-]*\\.)?university\\.example/"],
    "endpoints_groups": ["REF_EppEndDefault"],
    "skiplist": ["url_filter"],
    "operator": "OR",
    "status": true
}')"

echo "refused:  $(rest PATCH $exceptions/$ref '{"domains": ["*.university.example"]}' || true)"

echo "change:   $(rest PATCH $exceptions/$ref '{"skiplist": ["url_filter", "ssl_scanning"]}')"

echo "used by:  $(rest GET $exceptions/$ref/usedby)"

echo "order:    $(rest GET /nodes/http.exceptions)"

rest DELETE $exceptions/$ref '' --header 'X-Restd-Session: close'
echo "deleted:  $(rest GET $exceptions/ | grep -c $ref || true) left"
