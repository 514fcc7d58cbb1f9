#!/usr/bin/python3
# images.py - which images a compose file wants, read from `docker-compose config` on its input.
#
#   images.py named     the images that are only named, one a line
#   images.py built     those that are built: image, Dockerfile, target and context, tab-separated
#
# Debian's own Python, since docker-compose brings the YAML library that this needs.
import os
import sys

import yaml


def built(services):
    for service in services.values():
        build = service.get("build")
        if build is None:
            continue
        if isinstance(build, str):
            build = {"context": build}
        dockerfile = os.path.join(build["context"], build.get("dockerfile", "Dockerfile"))
        yield service["image"], dockerfile, build.get("target", ""), build["context"]


def main():
    services = yaml.safe_load(sys.stdin)["services"]
    ours = sorted(set(built(services)))
    if sys.argv[1] == "built":
        for row in ours:
            print("\t".join(row))
        return
    names = {service["image"] for service in services.values()} - {row[0] for row in ours}
    print("\n".join(sorted(names)))


main()
