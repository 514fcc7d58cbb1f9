#!/bin/sh
# sbom.sh - the image's bill of materials: SPDX 2.3 as JSON, on standard output.
#
#   sbom.sh NAME VERSION LINKED     LINKED: the lines of linked.sh, `package=version`
#
# Every package that dpkg knows is in it; those that the program links are its dependencies. The
# time is SOURCE_DATE_EPOCH, so the same packages give the same text.
set -eu
name=$1 version=$2 linked=$3
created=$(date -u -d "@${SOURCE_DATE_EPOCH:-0}" +%Y-%m-%dT%H:%M:%SZ)

# A part of an SPDX id is letters, digits, dots and dashes.
id_of() { # PACKAGE
    printf 'SPDXRef-deb-%s' "$1" | tr -c 'A-Za-z0-9.-' '-'
}

# In a package URL a version's signs are escaped.
escaped() { # VERSION
    printf %s "$1" | sed 's/%/%25/g; s/+/%2B/g; s/:/%3A/g; s/~/%7E/g'
}

debian_package() { # NAME VERSION ARCHITECTURE
    printf ',\n    { "SPDXID": "%s", "name": "%s", "versionInfo": "%s",\n' "$(id_of "$1")" "$1" "$2"
    printf '      "supplier": "Organization: Debian", "downloadLocation": "NOASSERTION",\n'
    printf '      "filesAnalyzed": false, "licenseConcluded": "NOASSERTION",\n'
    printf '      "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",\n'
    printf '      "externalRefs": [ { "referenceCategory": "PACKAGE-MANAGER",\n'
    printf '        "referenceType": "purl", "referenceLocator": "pkg:deb/debian/%s@%s?arch=%s" } ] }' \
        "$1" "$(escaped "$2")" "$3"
}

packages() {
    dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' | LC_ALL=C sort
}

relationships() {
    packages | while read -r package package_version _; do
        if grep -qxF "$package=$package_version" "$linked"; then
            printf ',\n    { "spdxElementId": "SPDXRef-program", "relatedSpdxElement": "%s",' \
                "$(id_of "$package")"
            printf ' "relationshipType": "DYNAMIC_LINK" }'
        fi
    done
}

digest=$(packages | sha256sum | cut -c 1-32)
cat <<HEAD
{
  "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
  "name": "$name-$version",
  "documentNamespace": "urn:spdx:$name-$version-$digest",
  "creationInfo": { "created": "$created", "creators": [ "Tool: docker/sbom.sh" ] },
  "packages": [
    { "SPDXID": "SPDXRef-program", "name": "$name", "versionInfo": "$version",
      "downloadLocation": "NOASSERTION", "filesAnalyzed": false,
      "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
      "copyrightText": "NOASSERTION", "primaryPackagePurpose": "APPLICATION" }
HEAD
packages | while read -r package package_version architecture; do
    debian_package "$package" "$package_version" "$architecture"
done
cat <<MIDDLE

  ],
  "relationships": [
    { "spdxElementId": "SPDXRef-DOCUMENT", "relatedSpdxElement": "SPDXRef-program",
      "relationshipType": "DESCRIBES" }
MIDDLE
relationships
printf '\n  ]\n}\n'
