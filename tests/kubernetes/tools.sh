#!/usr/bin/env bash
# tools.sh - prints the folder of what checks the manifests, fetched by Go the first time.
#
# bin/ has kustomize, kubeconform and yq, in versions that Debian 12's Go 1.19 builds; schemas/ has
# what Kubernetes' own description of its interface says of each kind (schemas.py). They are kept in
# ${LEAT_CACHE:-$HOME/.cache/leat}/kubernetes-<version>; Go's sources are thrown away again. Callers
# may run at once: one fetches, the others wait, and the folder appears only when it is complete.
set -euo pipefail

version=1.34.1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${LEAT_CACHE:-$HOME/.cache/leat}
tools=$cache/kubernetes-$version

# Go tells of each download; that is of interest only where something went wrong.
quietly()
{
    "$@" >>"$fetch/log" 2>&1 || { tail -n 30 "$fetch/log" >&2; echo "tools.sh: $*" >&2; exit 1; }
}

if [ ! -d "$tools" ]; then
    mkdir -p "$cache"
    exec 9>"$tools.lock"
    flock 9
    if [ ! -d "$tools" ]; then
        command -v go >/dev/null || { echo "tools.sh: go is missing: golang-go" >&2; exit 1; }
        fetch=$(mktemp -d "$cache/fetch.XXXXXX")
        trap 'rm -rf "$fetch"' EXIT
        export GOPATH=$fetch/go GOBIN=$fetch/tools/bin GOFLAGS=-modcacherw GOCACHE=$fetch/build
        cd "$fetch"
        quietly go install sigs.k8s.io/kustomize/kustomize/v4@v4.5.7
        quietly go install github.com/yannh/kubeconform/cmd/kubeconform@v0.6.3
        quietly go install github.com/mikefarah/yq/v4@v4.30.8
        quietly go mod download "k8s.io/kubernetes@v$version"
        quietly python3 "$here/schemas.py" \
            "$GOPATH/pkg/mod/k8s.io/kubernetes@v$version/api/openapi-spec/swagger.json" \
            "$fetch/tools/schemas"
        mv "$fetch/tools" "$tools"
    fi
fi
echo "$tools"
