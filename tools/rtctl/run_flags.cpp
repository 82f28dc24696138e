// SPDX-License-Identifier: Apache-2.0
// The table of flags that run, create and explain share, by theme.
#include "tools/rtctl/run_options.hpp"

namespace rt::cli {
namespace {

auto text(const char* what) {
    return options::value<std::string>()->value_name(what);
}
auto list(const char* what) {
    return options::value<Words>()->composing()->value_name(what);
}
// A flag that is true where nothing is said.
auto on(const char* what) {
    return options::value<std::string>()->implicit_value("true")->value_name(what);
}

// clang-format off
void add_process(options::options_description& all) {
    options::options_description group("What runs");
    group.add_options()
        ("env,e", list("KEY[=VALUE]"), "set an environment variable; without a value: from ours")
        ("env-file", list("FILE"), "environment variables, one a line")
        ("workdir,w", text("DIR"), "working directory")
        ("user,u", text("USER[:GROUP]"), "user and group, by name or number")
        ("group-add", list("GROUP"), "a further group, by name or number")
        ("entrypoint", text("PROGRAM"), "replace the image's entrypoint; \"\" takes it away")
        ("interactive,i", "keep standard input open")
        ("tty,t", "give it a terminal")
        ("init", on("true|false"), "run an init as first process, which passes signals on and reaps processes")
        ("hostname,h", text("NAME"), "hostname (default: the first 12 digits of the id)")
        ("domainname", text("NAME"), "NIS domain name");
    all.add(group);
}

void add_life(options::options_description& all) {
    options::options_description group("Its life");
    group.add_options()
        ("name", text("NAME"), "name of the container (default: a random one)")
        ("rm", "remove the container when it ends")
        ("attach,a", list("STREAM"), "attach to stdin, stdout or stderr")
        ("restart", text("POLICY"), "no, always, unless-stopped, on-failure[:COUNT]")
        ("stop-signal", text("SIGNAL"), "what ends it (default: the image's, or SIGTERM)")
        ("stop-timeout", text("SECONDS"), "how long it may take to end; -1: for ever (default: 10)")
        ("cidfile", text("FILE"), "write the id of the container to a new file")
        ("label,l", list("KEY[=VALUE]"), "a label")
        ("label-file", list("FILE"), "labels, one a line")
        ("annotation", list("KEY=VALUE"), "an annotation for the isolation driver")
        ("log-driver", text("NAME"), "json-file or none")
        ("log-opt", list("KEY=VALUE"), "an option of the log driver");
    all.add(group);
}

void add_attachment(options::options_description& all) {
    options::options_description group("While it runs");
    group.add_options()
        ("detach,d", "run in the background and print the id")
        ("detach-keys", text("KEYS"), "what leaves it without ending it (default: ctrl-p,ctrl-q)")
        ("sig-proxy", on("true|false"), "pass signals on to it (default: true)");
    all.add(group);
}

void add_health(options::options_description& all) {
    options::options_description group("Its health");
    group.add_options()
        ("health-cmd", text("LINE"), "a line for the image's shell that succeeds while it is healthy")
        ("health-interval", text("TIME"), "from one check to the next: 30s, 1m30s")
        ("health-timeout", text("TIME"), "how long a check may take")
        ("health-retries", text("NUMBER"), "failures in a row that make it unhealthy")
        ("health-start-period", text("TIME"), "how long failures do not count at the beginning")
        ("health-start-interval", text("TIME"), "from one check to the next meanwhile")
        ("no-healthcheck", "no check, whatever the image says");
    all.add(group);
}

void add_files(options::options_description& all) {
    options::options_description group("Files");
    group.add_options()
        ("volume,v", list("[HOST|VOLUME:]CTR[:ro]"), "mount a file or directory of the host, or a volume")
        ("mount", list("KEY=VALUE,..."), "mount: type=bind|volume|tmpfs,source=...,target=...,readonly")
        ("tmpfs", list("CTR[:OPTIONS]"), "mount a file system in memory")
        ("volumes-from", list("CONTAINER[:ro]"), "mount what another container has mounted")
        ("volume-driver", text("NAME"), "driver of the volumes that are made")
        ("read-only", "mount the root file system read-only")
        ("shm-size", text("SIZE"), "size of /dev/shm (default: 64m)")
        ("storage-opt", list("KEY=VALUE"), "an option of the storage driver");
    all.add(group);
}

void add_network(options::options_description& all) {
    options::options_description group("Network");
    group.add_options()
        ("network", list("NETWORK"), "a network, a network driver of the wiring file, or container:NAME")
        ("net", list("NETWORK"), "the same")
        ("publish,p", list("[IP:]HOST:CTR[/PROTO]"), "publish a port, tcp or udp")
        ("publish-all,P", "publish all exposed ports to ports of the host's choice")
        ("expose", list("PORT[/PROTO]"), "a port, or a range of them, that it listens on")
        ("dns", list("ADDRESS"), "a name server")
        ("dns-option", list("OPTION"), "an option of resolv.conf")
        ("dns-opt", list("OPTION"), "the same")
        ("dns-search", list("DOMAIN"), "a domain to search names in; . for none")
        ("add-host", list("NAME:ADDRESS"), "a line of /etc/hosts; the address may be host-gateway")
        ("ip", text("ADDRESS"), "its IPv4 address")
        ("ip6", text("ADDRESS"), "its IPv6 address")
        ("link-local-ip", list("ADDRESS"), "a link-local address")
        ("mac-address", text("ADDRESS"), "its MAC address")
        ("network-alias", list("NAME"), "a name of it in its network")
        ("net-alias", list("NAME"), "the same")
        ("link", list("CONTAINER[:NAME]"), "another container under a name that only this one knows, in networks of users");
    all.add(group);
}

void add_limits(options::options_description& all) {
    options::options_description group("Limits");
    group.add_options()
        ("memory,m", text("SIZE"), "memory limit: 512m, 2g")
        ("memory-reservation", text("SIZE"), "what it is left with when memory is short")
        ("memory-swap", text("SIZE"), "memory and swap together; -1: any (default: twice the memory)")
        ("memory-swappiness", text("NUMBER"), "0 to 100: how willingly it is swapped out")
        ("oom-kill-disable", "let it wait instead of killing it when its memory is used up")
        ("oom-score-adj", text("NUMBER"), "-1000 to 1000: how willingly it is killed when the host's is")
        ("cpus", text("NUMBER"), "how many CPUs it may use: 1.5")
        ("cpu-shares,c", text("NUMBER"), "its weight where CPUs are short (default: 1024)")
        ("cpu-period", text("MICROSECONDS"), "period of the limit on CPU time")
        ("cpu-quota", text("MICROSECONDS"), "CPU time in each period")
        ("cpu-rt-period", text("MICROSECONDS"), "period of the limit on realtime CPU time")
        ("cpu-rt-runtime", text("MICROSECONDS"), "realtime CPU time in each period")
        ("cpuset-cpus", text("LIST"), "CPUs that it may use: 0-3,5")
        ("cpuset-mems", text("LIST"), "memory nodes that it may use")
        ("pids-limit", text("NUMBER"), "how many processes it may have; -1: any")
        ("blkio-weight", text("NUMBER"), "10 to 1000: its weight where disks are busy")
        ("blkio-weight-device", list("DEVICE:NUMBER"), "the same for one device")
        ("device-read-bps", list("DEVICE:SIZE"), "how many bytes it may read from a device in a second")
        ("device-write-bps", list("DEVICE:SIZE"), "how many bytes it may write in a second")
        ("device-read-iops", list("DEVICE:NUMBER"), "how many times it may read in a second")
        ("device-write-iops", list("DEVICE:NUMBER"), "how many times it may write in a second")
        ("ulimit", list("NAME=SOFT[:HARD]"), "a limit of setrlimit(2): nofile=1024:4096")
        ("cgroup-parent", text("CGROUP"), "the cgroup that its own is made in");
    all.add(group);
}

void add_security(options::options_description& all) {
    options::options_description group("Security");
    group.add_options()
        ("privileged", "all capabilities and devices, and nothing hidden")
        ("cap-add", list("NAME"), "add a capability, or ALL")
        ("cap-drop", list("NAME"), "take a capability away, or ALL")
        ("security-opt", list("OPTION"), "no-new-privileges, seccomp=FILE (or unconfined, or builtin), apparmor=NAME, "
                                         "label=disable|type:NAME|..., systempaths=unconfined")
        ("device", list("HOST[:CTR][:rwm]"), "a device of the host")
        ("device-cgroup-rule", list("RULE"), "a rule on devices: c 10:229 rwm")
        ("sysctl", list("KEY=VALUE"), "a setting of its own kernel namespaces")
        ("pid", text("MODE"), "processes: host, or container:NAME (default: its own)")
        ("ipc", text("MODE"), "shared memory: host, private, shareable, none, or container:NAME")
        ("uts", text("MODE"), "hostname: host (default: its own)")
        ("userns", text("MODE"), "users: host (the default) or private")
        ("cgroupns", text("MODE"), "cgroups: host or private (the default)");
    all.add(group);
}

void add_engine(options::options_description& all) {
    options::options_description group("Drivers and image");
    group.add_options()
        ("storage", text("DRIVER"), "storage driver, as named in the wiring file")
        ("isolation", text("DRIVER"), "isolation driver")
        ("runtime", text("DRIVER"), "the same, by docker's word")
        ("platform", text("OS/ARCH"), "for which machine; it has to be this one's kind")
        ("pull", text("WHEN"), "pull the image: missing (the default), always, never")
        ("quiet,q", "do not show how a pull gets on")
        ("disable-content-trust", on("true"), "as it is: rt does not have docker's content trust");
    all.add(group);
}
// clang-format on

} // namespace

const std::vector<RefusedFlag>& refused_flags() {
    static const std::vector<RefusedFlag> kRefused{
        {"gpus", "there is no driver for GPUs yet; give its nodes with --device"},
        {"use-api-socket", "rt has no API socket to hand in"},
        {"kernel-memory", "kernels have no such limit any more"},
        {"cpu-count", "it is for Windows; use --cpus"},
        {"cpu-percent", "it is for Windows; use --cpus"},
        {"io-maxbandwidth", "it is for Windows; use --device-read-bps and --device-write-bps"},
        {"io-maxiops", "it is for Windows; use --device-read-iops and --device-write-iops"},
    };
    return kRefused;
}

options::options_description run_options(FlagsOf verb) {
    options::options_description all("Options");
    for (const auto add :
         {add_process, add_life, add_health, add_files, add_network, add_limits, add_security, add_engine})
        add(all);
    if (verb == FlagsOf::run) add_attachment(all);
    options::options_description refused("Of docker's, refused");
    for (const RefusedFlag& flag : refused_flags()) {
        if (std::string_view(flag.name) == "use-api-socket")
            refused.add_options()(flag.name, flag.why);
        else
            refused.add_options()(flag.name, text("..."), flag.why);
    }
    all.add(refused);
    return all;
}

} // namespace rt::cli
