"""Checks manifests of sidecars: check.py LP MANIFEST…

Each document must be right by the strict schemas (no unknown members) of every version of Kubernetes from 1.29 on; the pods
must keep the promises of README.md; and their lp.toml must pass `lp check`.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib

import kubernetes_validate
import yaml

# The first version in which an init container can be a sidecar without a feature gate.
FIRST = (1, 29)
# `[run] grace` where it is not given.
GRACE = 10


def versions():
    """From the first one on, as (1, 29)."""
    known = {tuple(map(int, version.split(".")[:2])) for version in kubernetes_validate.utils.all_versions()}
    return sorted(version for version in known if version >= FIRST)


def schema_mistakes(document):
    for version in versions():
        try:
            kubernetes_validate.validate(document, "%d.%d" % version, strict=True)
        except kubernetes_validate.ValidationError as error:
            place = ".".join(str(part) for part in error.path)
            yield "Kubernetes %d.%d: %s: %s" % (*version, place, error.message)


def pod_mistakes(pod, configs, claims):
    """What a pod does not keep of the promises."""
    if not pod["securityContext"].get("runAsNonRoot"):
        yield "may run as root"
    if pod["securityContext"].get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "has no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "has a token for the API server, which nobody needs"
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for name, volume in volumes.items():
        if "configMap" in volume and volume["configMap"]["name"] not in configs:
            yield f"volume {name}: no such ConfigMap"
        if "persistentVolumeClaim" in volume and volume["persistentVolumeClaim"]["claimName"] not in claims:
            yield f"volume {name}: no such claim"
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            yield f"volume {name}: may fill the node's disk"
    for container in pod["initContainers"] + pod["containers"]:
        for mistake in container_mistakes(container, volumes):
            yield f"container {container['name']}: {mistake}"
    sidecars = [container for container in pod["initContainers"] if container["name"] == "lp"]
    if len(sidecars) != 1:
        yield "must have one sidecar `lp`"
    for lp in sidecars:
        for mistake in sidecar_mistakes(lp, pod, volumes, configs):
            yield f"container lp: {mistake}"


def container_mistakes(container, volumes):
    security = container.get("securityContext", {})
    if security.get("readOnlyRootFilesystem") is not True:
        yield "can write its root file system"
    if security.get("allowPrivilegeEscalation") is not False:
        yield "can gain privileges"
    if security.get("capabilities") != {"drop": ["ALL"]}:
        yield "has capabilities"
    for kind in ("requests", "limits"):
        for resource in ("cpu", "memory"):
            if resource not in container.get("resources", {}).get(kind, {}):
                yield f"has no {resource} in its {kind}"
    if not re.search(r":[^/]*\d", container["image"]):
        yield "its image has no version"
    for mount in container["volumeMounts"]:
        if mount["name"] not in volumes:
            yield f"mounts {mount['name']}, which is no volume"


def sidecar_mistakes(lp, pod, volumes, configs):
    if lp.get("restartPolicy") != "Always":
        yield "is no sidecar: restartPolicy is not Always"
    if lp["resources"]["limits"]["memory"] != "32Mi":
        yield "its memory limit is not 32Mi"

    ports = {port["name"]: port["containerPort"] for port in lp["ports"]}
    for probe, path in [("startupProbe", "/livez"), ("readinessProbe", "/readyz"), ("livenessProbe", "/livez")]:
        get = lp.get(probe, {}).get("httpGet", {})
        if get.get("path") != path or get.get("port") not in ports:
            yield f"its {probe} does not ask for {path} at one of its ports"
        if lp.get(probe, {}).get("timeoutSeconds", 1) < 5:
            yield f"its {probe} fails on a busy node"

    mounts = {mount["mountPath"]: mount for mount in lp["volumeMounts"]}
    env = environment(lp)
    if mounts.get(env.get("LOGS"), {}).get("readOnly") is not True:
        yield "its logs are not mounted, or not read-only"
    state = mounts.get(env.get("STATE"), {})
    if not state or state.get("readOnly") or "configMap" in volumes[state["name"]]:
        yield "has no place for its state"

    program, option, path = lp["args"]
    folder, name = os.path.split(path)
    volume = volumes[mounts[folder]["name"]]
    text = configs[volume["configMap"]["name"]][name]
    if (program, option) != ("run", "-c"):
        yield "does not run `lp run -c`"
    if unknown := set(re.findall(r"\$\{(\w+)\}", text)) - env.keys():
        yield f"its configuration needs {', '.join(sorted(unknown))}, which its environment lacks"
    config = tomllib.loads(text)
    if config["http"]["listen"] != "${LISTEN}" or env.get("LISTEN") != f"[::]:{ports.get('lp')}":
        yield "does not listen where the probes ask"
    for sink in config["sink"]:
        if sink["type"] == "file" and ("size" not in sink.get("rotate", {}) or not isinstance(sink.get("keep"), int)):
            yield f"the files of sink {sink.get('name')} may fill their volume"
    grace = config.get("run", {}).get("grace", f"{GRACE}s")
    if pod["terminationGracePeriodSeconds"] <= int(grace.removesuffix("s")):
        yield "may be killed before it has stopped"


def environment(container):
    """Its variables; of one that Kubernetes fills in, the path of the field stands for its value."""
    return {
        variable["name"]: variable.get("value") or variable["valueFrom"]["fieldRef"]["fieldPath"]
        for variable in container.get("env", [])
    }


def lp_mistakes(lp, text, variables):
    """What `lp check` says of a configuration."""
    with tempfile.NamedTemporaryFile("w", prefix="lp-", suffix=".toml", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        ended = subprocess.run([lp, "check", "-c", file.name], env=os.environ | variables, capture_output=True, text=True)
    if ended.returncode != 0:
        yield f"lp check: {ended.stderr.strip()}"


def mistakes(lp, path):
    with open(path, encoding="utf-8") as file:
        documents = list(yaml.safe_load_all(file))

    def of(kind):
        return {document["metadata"]["name"]: document for document in documents if document["kind"] == kind}

    for document in documents:
        for mistake in schema_mistakes(document):
            yield f"{document['kind']}: {mistake}"

    configs = {name: config["data"] for name, config in of("ConfigMap").items()}
    deployments = of("Deployment")
    if len(configs) != 1 or len(deployments) != 1:
        yield "must have one ConfigMap and one Deployment"
    for deployment in deployments.values():
        template = deployment["spec"]["template"]
        if deployment["spec"]["selector"]["matchLabels"] != template["metadata"]["labels"]:
            yield "the deployment does not select its own pods"
        yield from pod_mistakes(template["spec"], configs, of("PersistentVolumeClaim"))
        variables = environment(template["spec"]["initContainers"][0])
        for config in configs.values():
            yield from lp_mistakes(lp, config["lp.toml"], variables)


def main():
    lp, *paths = sys.argv[1:]
    failed = False
    for path in paths:
        found = list(mistakes(lp, path))
        for mistake in found:
            print(f"{path}: {mistake}", file=sys.stderr)
        failed |= bool(found)
    if not paths or failed:
        sys.exit(1)
    print("%d manifests are right, by the schemas of Kubernetes %d.%d to %d.%d" % (len(paths), *versions()[0], *versions()[-1]))


main()
