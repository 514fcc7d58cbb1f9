"""schemas.py - JSON schemas of Kubernetes' kinds, out of the description of its interface.

    schemas.py swagger.json FOLDER

One file a kind, named as kubeconform asks for it, and all definitions beside them. What a type does
not name is not allowed: a misspelt field is an error here, which the server would drop in silence.
"""
import json
import os
import sys


def harden(definition):
    """A type's fields are all there are, and a port may be a number or a name."""
    if "properties" in definition:
        definition.setdefault("additionalProperties", False)
    if definition.get("format") == "int-or-string":
        return {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    return definition


def main():
    source, folder = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        definitions = json.load(file)["definitions"]
    os.makedirs(folder)
    with open(os.path.join(folder, "all.json"), "w", encoding="utf-8") as file:
        json.dump({"definitions": {name: harden(one) for name, one in definitions.items()}}, file)
    for name, definition in definitions.items():
        for kind in definition.get("x-kubernetes-group-version-kind", []):
            group = kind["group"].split(".")[0]
            words = [kind["kind"].lower(), *([group] if group else []), kind["version"]]
            path = os.path.join(folder, "-".join(words) + ".json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"$ref": f"all.json#/definitions/{name}"}, file)


main()
