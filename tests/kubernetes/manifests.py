"""manifests.py - what the manifests say to Kubernetes, to each other and to the program.

    manifests.py TOOLS PROGRAM      ends with `N passed, N failed`

Each overlay is built, checked by kubeconform against Kubernetes' schemas, and then by the functions
here that begin with `check_`: each yields a sentence for an offence, and its docstring is its name.
Then mistakes are planted, one at a time, and the check that is meant for it must find it.
"""
import copy
import json
import os
import re
import subprocess
import sys
import tempfile

TOOLS, PROGRAM = os.path.abspath(sys.argv[1]), sys.argv[2]
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
FOLDER = os.path.join(ROOT, "docker", "kubernetes")
OVERLAYS = ["base", "example"]
UNITS = {"Mi": 1 << 20, "Gi": 1 << 30, "MB": 1 << 20, "GB": 1 << 30}


def call(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, check=False, **options)


def read(*names):
    with open(os.path.join(ROOT, *names), encoding="utf-8") as file:
        return file.read()


def objects_of(overlay):
    built = call(f"{TOOLS}/bin/kustomize", "build", os.path.join(FOLDER, overlay))
    if built.returncode:
        sys.exit(f"kustomize build {overlay}: {built.stderr}")
    lines = call(f"{TOOLS}/bin/yq", "-o=json", "-I=0", ".", input=built.stdout).stdout
    return [json.loads(line) for line in lines.splitlines()]


# ---- reading objects -----------------------------------------------------------------------------

def kinds(objects, *names):
    return [one for one in objects if one["kind"] in names]


def title(one):
    return f"{one['kind']} {one['metadata']['name']}"


def workloads(objects):
    return kinds(objects, "Deployment", "StatefulSet")


def pod_of(workload):
    return workload["spec"]["template"]["spec"]


def labels_of(workload):
    return workload["spec"]["template"]["metadata"]["labels"]


def container_of(workload):
    container, = pod_of(workload)["containers"]
    return container


def program_of(workload):
    return container_of(workload)["args"][0]


def selects(selector, labels):
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions", []):
        if rule["operator"] != "In" or labels.get(rule["key"]) not in rule["values"]:
            return False
    return True


def selected(selector, objects):
    return [one for one in workloads(objects) if selects(selector, labels_of(one))]


def ports_of(workload):
    return {port["name"]: port["containerPort"] for port in container_of(workload)["ports"]}


def settings_of(objects):
    """The configuration file of the overlay, as text."""
    found, = [one for one in kinds(objects, "ConfigMap") if "blackfriday.conf" in one["data"]]
    return found["data"]["blackfriday.conf"]


def setting(objects, key):
    return re.search(rf"^{re.escape(key)} = (.*)$", settings_of(objects), re.M).group(1)


def bytes_of(text):
    number, unit = re.fullmatch(r"(\d+)(\w*)", text).groups()
    return int(number) * UNITS.get(unit, 1)


# ---- checks --------------------------------------------------------------------------------------

def check_schemas(objects):
    """kubeconform finds every object valid, with no field that Kubernetes does not know"""
    text = "\n".join(json.dumps(one) + "\n---" for one in objects)
    done = call(f"{TOOLS}/bin/kubeconform", "-strict", "-schema-location",
                f"{TOOLS}/schemas/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json", input=text)
    if done.returncode:
        yield done.stdout + done.stderr


def check_selectors(objects):
    """each selector selects pods, and each workload its own"""
    for one in kinds(objects, "Service"):
        if not selected({"matchLabels": one["spec"]["selector"]}, objects):
            yield f"{title(one)} selects no pod"
    for one in kinds(objects, "PodDisruptionBudget"):
        if not selected(one["spec"]["selector"], objects):
            yield f"{title(one)} selects no pod"
    for one in kinds(objects, "NetworkPolicy"):
        if not selected(one["spec"]["podSelector"], objects):
            yield f"{title(one)} selects no pod"
    for one in workloads(objects):
        if selected(one["spec"]["selector"], objects) != [one]:
            yield f"{title(one)} selects other pods than its own"


def check_ports(objects):
    """ports of services, policies, addresses and the program are the same"""
    for one in kinds(objects, "Service"):
        for workload in selected({"matchLabels": one["spec"]["selector"]}, objects):
            for port in one["spec"]["ports"]:
                if port["targetPort"] not in ports_of(workload):
                    yield f"{title(one)} names port {port['targetPort']}, which no container has"
    for one in workloads(objects):
        said = [arg.split("=")[1] for arg in container_of(one)["args"] if arg.startswith("--port=")]
        port = int(said[0] if said else setting(objects, "leat.http.port"))
        if list(ports_of(one).values()) != [port]:
            yield f"{title(one)} has ports {ports_of(one)}, the program listens on {port}"
    for one in kinds(objects, "NetworkPolicy"):
        for rule in one["spec"].get("ingress", []):
            for workload in selected(one["spec"]["podSelector"], objects):
                for port in rule["ports"]:
                    if port["port"] not in ports_of(workload).values():
                        yield f"{title(one)} opens {port['port']}, where nobody listens"


def check_address(objects):
    """an instance is known by its pod's name, and reached through the headless service"""
    one, = kinds(objects, "StatefulSet")
    service = [each for each in kinds(objects, "Service")
               if each["metadata"]["name"] == one["spec"]["serviceName"]]
    values = {each["name"]: each.get("value") for each in container_of(one)["env"]}
    if not service or service[0]["spec"].get("clusterIP") != "None":
        yield f"{title(one)} has no headless service"
    port = setting(objects, "leat.http.port")
    wanted = f"$(POD_NAME).{one['spec']['serviceName']}.$(POD_NAMESPACE).svc:{port}"
    if values.get("LEAT_APPLICATION_SERVER") != wanted:
        yield f"application.server is {values.get('LEAT_APPLICATION_SERVER')}, not {wanted}"
    if values.get("LEAT_GROUP_INSTANCE_ID") != "$(POD_NAME)":
        yield "group.instance.id is not the pod's name"


def known_variables(program):
    """LEAT_... of each key that the program tells of, as processor/config_read.c makes them."""
    text = call(PROGRAM, program, "--help", "all").stdout
    keys = re.findall(r"^  ([a-z]+(?:\.[a-z0-9]+)+)", text, re.M)
    return {"LEAT_" + re.sub(r"^leat\.", "", key).replace(".", "_").upper() for key in keys}


def check_words(objects):
    """the program knows every option, every setting and every variable that it is given"""
    with tempfile.TemporaryDirectory() as folder:
        for one in workloads(objects):
            for name, text in (("blackfriday.conf", settings_of(objects)),
                               ("kafka.conf", "kafka.sasl.username = u\n")):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            words = [re.sub(r"^--config=.*/", f"--config={folder}/", arg)
                     for arg in container_of(one)["args"]]
            done = call(PROGRAM, *words, "--help")
            if done.returncode:
                yield f"{title(one)}: {done.stderr}"
            for variable in container_of(one).get("env", []):
                if variable["name"].startswith("LEAT_") and \
                        variable["name"] not in known_variables(program_of(one)):
                    yield f"{title(one)}: no setting is called {variable['name']}"


def check_probes(objects):
    """each container has the three probes, and readiness of the status server asks /ready"""
    for one in workloads(objects):
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            get = container_of(one).get(probe, {}).get("httpGet", {})
            ready = probe == "readinessProbe" and program_of(one) != "web"
            if get.get("path") != ("/ready" if ready else "/health"):
                yield f"{title(one)}: {probe} asks {get.get('path')}"
            if get.get("port") not in ports_of(one):
                yield f"{title(one)}: {probe} asks port {get.get('port')}"


def check_start(objects):
    """a start may wait for Kafka as long as the program does"""
    for one in workloads(objects):
        probe = container_of(one).get("startupProbe", {})
        if probe.get("periodSeconds", 0) * probe.get("failureThreshold", 0) < 300:
            yield f"{title(one)} is killed before task.timeout.ms has passed"


def check_privileges(objects):
    """no pod has a privilege, a writable root, a token of the cluster or a part of its host"""
    for one in workloads(objects):
        pod, container = pod_of(one), container_of(one)
        security = pod.get("securityContext", {})
        if not security.get("runAsNonRoot") or security.get("runAsUser", 0) < 10000:
            yield f"{title(one)} may run as root"
        if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{title(one)} has no seccomp profile"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{title(one)} gets a token"
        if any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
            yield f"{title(one)} shares its host's namespaces"
        if any("hostPath" in volume for volume in pod["volumes"]):
            yield f"{title(one)} mounts its host"
        wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                  "capabilities": {"drop": ["ALL"]}}
        if container.get("securityContext") != wanted:
            yield f"{title(one)} has the security context {container.get('securityContext')}"


def check_resources(objects):
    """memory is limited, at more than the program's own bound; images have a version"""
    bound = bytes_of(setting(objects, "leat.memory.max.bytes"))
    for one in workloads(objects):
        resources = container_of(one).get("resources", {})
        limit = resources.get("limits", {}).get("memory")
        if not limit or not resources.get("requests", {}).get("cpu"):
            yield f"{title(one)} has no limit of memory, or asks for no CPU"
        elif program_of(one) == "run" and bytes_of(limit) * 2 < bound * 3:
            yield f"{title(one)} is limited to {limit}, which is too little for {bound} bytes"
        if not re.search(r":\d+\.\d+\.\d+$", container_of(one)["image"]):
            yield f"{title(one)} has the image {container_of(one)['image']}"


def check_volumes(objects):
    """what is mounted is there, the state lies on the claim, and arguments name mounted files"""
    for one in workloads(objects):
        claims = {claim["metadata"]["name"] for claim in
                  one["spec"].get("volumeClaimTemplates", [])}
        there = claims | {volume["name"] for volume in pod_of(one)["volumes"]}
        mounts = {mount["name"]: mount["mountPath"] for mount in container_of(one)["volumeMounts"]}
        yield from (f"{title(one)} mounts {name}, which is no volume" for name in mounts
                    if name not in there)
        for argument in container_of(one)["args"]:
            path = argument.split("=")[-1]
            if path.startswith("/") and os.path.dirname(path) not in mounts.values():
                yield f"{title(one)}: {path} lies in no volume"
        if claims and [mounts[name] for name in claims] != [setting(objects, "state.dir")]:
            yield f"{title(one)} has its claim elsewhere than state.dir"


def check_secrets(objects):
    """no secret is in the repository, and the README makes each that is asked for"""
    page = read("docker", "kubernetes", "README.md")
    yield from (f"{title(one)} is in the repository" for one in kinds(objects, "Secret"))
    if re.search(r"password *= *\S", settings_of(objects)):
        yield "the settings hold a password"
    for one in workloads(objects):
        names = [volume["secret"]["secretName"] for volume in pod_of(one)["volumes"]
                 if "secret" in volume]
        names += [variable["valueFrom"]["secretKeyRef"]["name"]
                  for variable in container_of(one).get("env", [])
                  if "secretKeyRef" in variable.get("valueFrom", {})]
        for name in names:
            if f"create secret generic {name} " not in page:
                yield f"{title(one)}: README.md does not make the secret {name}"


def check_network(objects):
    """every pod is cut off, and then has the ways that it needs"""
    for workload in workloads(objects):
        policies = [one for one in kinds(objects, "NetworkPolicy")
                    if selects(one["spec"]["podSelector"], labels_of(workload))]
        if not any(one["spec"]["policyTypes"] == ["Ingress", "Egress"] and
                   not one["spec"].get("ingress") and not one["spec"].get("egress")
                   for one in policies):
            yield f"{title(workload)} is not cut off"
        open_ports = {port["port"] for one in policies for rule in one["spec"].get("egress", [])
                      for port in rule["ports"]}
        wanted = {53, 443, 9093} | ({5432} if program_of(workload) == "sink" else set())
        if not wanted <= open_ports:
            yield f"{title(workload)} cannot reach {sorted(wanted - open_ports)}"


def check_staying(objects):
    """one instance at a time is taken away, has time to stop, and they are spread"""
    one, = kinds(objects, "StatefulSet")
    budgets = [each for each in kinds(objects, "PodDisruptionBudget")
               if selects(each["spec"]["selector"], labels_of(one))]
    if [each["spec"].get("maxUnavailable") for each in budgets] != [1]:
        yield f"{title(one)} has no budget of one"
    if len(pod_of(one).get("topologySpreadConstraints", [])) < 2:
        yield f"{title(one)} is not spread over hosts and zones"
    for each in workloads(objects):
        if pod_of(each).get("terminationGracePeriodSeconds", 0) < 30:
            yield f"{title(each)} has no time for a clean stop"


def check_autoscaler(objects):
    """what scales by a metric scales something that is there, by one that is exported"""
    names = {title(one): one for one in workloads(objects)}
    for one in kinds(objects, "HorizontalPodAutoscaler"):
        target = one["spec"]["scaleTargetRef"]
        workload = names.get(f"{target['kind']} {target['name']}")
        if not workload:
            yield f"{title(one)} scales nothing"
        elif "replicas" in workload["spec"]:
            yield f"{title(workload)} has a number of replicas, and an autoscaler too"
        for metric in one["spec"]["metrics"]:
            name = metric["pods"]["metric"]["name"]
            if f"`{name}`" not in read("docs", "metrics.md"):
                yield f"{title(one)} asks for {name}, which docs/metrics.md does not know"


CHECKS = [value for name, value in list(globals().items()) if name.startswith("check_")]


# ---- planted mistakes ----------------------------------------------------------------------------

def first(objects, kind):
    return kinds(objects, kind)[0]


def a_string_for_replicas(objects):
    first(objects, "Deployment")["spec"]["replicas"] = "1"


def a_misspelt_field(objects):
    container_of(first(objects, "StatefulSet"))["livenessprobe"] = {}


def a_selector_of_nobody(objects):
    first(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"]["extra"] = "x"


def another_target_port(objects):
    first(objects, "Service")["spec"]["ports"][0]["targetPort"] = "metrics"


def another_status_port(objects):
    change_settings(objects, "leat.http.port = 9464", "leat.http.port = 9465")


def a_setting_that_nobody_knows(objects):
    change_settings(objects, "replication.factor", "replication.faktor")


def a_variable_that_nobody_knows(objects):
    container_of(first(objects, "StatefulSet"))["env"][-1]["name"] = "LEAT_APPLICATION_SERVICE"


def an_option_that_nobody_knows(objects):
    container_of(first(objects, "Deployment"))["args"].append("--verbose")


def no_readiness(objects):
    del container_of(first(objects, "StatefulSet"))["readinessProbe"]


def a_short_start(objects):
    container_of(first(objects, "StatefulSet"))["startupProbe"]["failureThreshold"] = 3


def a_privileged_container(objects):
    container_of(first(objects, "StatefulSet"))["securityContext"]["privileged"] = True


def a_token(objects):
    del pod_of(first(objects, "Deployment"))["automountServiceAccountToken"]


def too_little_memory(objects):
    container_of(first(objects, "StatefulSet"))["resources"]["limits"]["memory"] = "512Mi"


def state_elsewhere(objects):
    change_settings(objects, "state.dir = /var/lib/leat", "state.dir = /tmp/leat")


def a_secret_in_the_repository(objects):
    objects.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}})


def no_way_to_kafka(objects):
    for one in kinds(objects, "NetworkPolicy"):
        for rule in one["spec"].get("egress", []):
            rule["ports"] = [port for port in rule["ports"] if port["port"] != 9093]


def a_budget_of_none(objects):
    first(objects, "PodDisruptionBudget")["spec"]["maxUnavailable"] = 0


def a_metric_that_nobody_exports(objects):
    metric = first(objects, "HorizontalPodAutoscaler")["spec"]["metrics"][0]
    metric["pods"]["metric"]["name"] = "leat_lag"


def two_masters_of_replicas(objects):
    first(objects, "StatefulSet")["spec"]["replicas"] = 3


def another_address(objects):
    first(objects, "StatefulSet")["spec"]["serviceName"] = "web"


def change_settings(objects, old, new):
    for one in kinds(objects, "ConfigMap"):
        one["data"]["blackfriday.conf"] = one["data"]["blackfriday.conf"].replace(old, new)


PLANTED = [
    (a_string_for_replicas, check_schemas), (a_misspelt_field, check_schemas),
    (a_selector_of_nobody, check_selectors), (another_target_port, check_ports),
    (another_status_port, check_ports), (another_address, check_address),
    (a_setting_that_nobody_knows, check_words), (a_variable_that_nobody_knows, check_words),
    (an_option_that_nobody_knows, check_words), (no_readiness, check_probes),
    (a_short_start, check_start), (a_privileged_container, check_privileges),
    (a_token, check_privileges), (too_little_memory, check_resources),
    (state_elsewhere, check_volumes), (a_secret_in_the_repository, check_secrets),
    (no_way_to_kafka, check_network), (a_budget_of_none, check_staying),
    (a_metric_that_nobody_exports, check_autoscaler), (two_masters_of_replicas, check_autoscaler),
]


# ---- the run -------------------------------------------------------------------------------------

class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def take(self, name, offences):
        self.passed += not offences
        self.failed += bool(offences)
        print(("FAILED: " if offences else "passed: ") + name, flush=True)
        for offence in offences[:12]:
            print("    " + offence.strip())


def main():
    tally, built = Tally(), {}
    for overlay in OVERLAYS:
        built[overlay] = objects_of(overlay)
        for check in CHECKS:
            tally.take(f"{overlay}: {check.__doc__}", list(check(built[overlay])))
    for plant, check in PLANTED:
        objects = copy.deepcopy(built["example"])
        plant(objects)
        found = list(check(objects))
        tally.take(f"it is found: {plant.__name__.replace('_', ' ')}",
                   [] if found else ["nobody complained"])
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(bool(tally.failed))


main()
