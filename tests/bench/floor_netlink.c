// SPDX-License-Identifier: Apache-2.0
#include "floor_netlink.h"

#include "floor.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

int netlink_open(void) {
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    must(fd, "socket AF_NETLINK");
    return fd;
}

void netlink_commit(int fd, struct batch* batch) {
    must(send(fd, batch->bytes, batch->size, 0), "send netlink batch");
    int pending = batch->messages;
    while (pending > 0) {
        _Alignas(8) char answer[8192];
        long length = recv(fd, answer, sizeof answer, 0);
        must(length, "receive netlink answer");
        for (struct nlmsghdr* header = (struct nlmsghdr*)answer; NLMSG_OK(header, length);
             header = NLMSG_NEXT(header, length)) {
            if (header->nlmsg_type != NLMSG_ERROR) continue;
            errno = -((struct nlmsgerr*)NLMSG_DATA(header))->error;
            if (errno != 0) must(-1, "netlink request");
            --pending;
        }
    }
    batch->messages = 0;
    batch->size = 0;
}

static struct nlmsghdr* begin(struct batch* batch, uint16_t type, uint16_t flags, const void* body,
                              uint32_t size) {
    struct nlmsghdr* header = (struct nlmsghdr*)(batch->bytes + batch->size);
    memset(header, 0, NLMSG_LENGTH(size));
    header->nlmsg_type = type;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    header->nlmsg_len = NLMSG_LENGTH(size);
    memcpy(NLMSG_DATA(header), body, size);
    return header;
}

static void end(struct batch* batch, struct nlmsghdr* header) {
    batch->size += NLMSG_ALIGN(header->nlmsg_len);
    ++batch->messages;
}

static struct rtattr* attribute(struct nlmsghdr* header, unsigned short type, const void* data,
                                unsigned short size) {
    struct rtattr* added = (struct rtattr*)((char*)header + NLMSG_ALIGN(header->nlmsg_len));
    added->rta_type = type;
    added->rta_len = RTA_LENGTH(size);
    if (size > 0) memcpy(RTA_DATA(added), data, size);
    header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + RTA_ALIGN(added->rta_len);
    return added;
}

static void close_nest(struct nlmsghdr* header, struct rtattr* nest) {
    nest->rta_len = (unsigned short)((char*)header + header->nlmsg_len - (char*)nest);
}

static void set_name(struct nlmsghdr* header, const char* name) {
    attribute(header, IFLA_IFNAME, name, (unsigned short)(strlen(name) + 1));
}

// The kernel's default is one queue for each possible CPU; a veth needs one, and making the others is a third
// of the price of the pair.
static void set_one_queue(struct nlmsghdr* header) {
    const uint32_t one = 1;
    attribute(header, IFLA_NUM_TX_QUEUES, &one, sizeof one);
    attribute(header, IFLA_NUM_RX_QUEUES, &one, sizeof one);
}

static struct nlmsghdr* begin_link(struct batch* batch, const char* name) {
    const struct ifinfomsg link = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    struct nlmsghdr* header = begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof link);
    set_name(header, name);
    return header;
}

void add_bridge(struct batch* batch, const char* name) {
    struct nlmsghdr* header = begin_link(batch, name);
    struct rtattr* info = attribute(header, IFLA_LINKINFO, NULL, 0);
    attribute(header, IFLA_INFO_KIND, "bridge", sizeof "bridge" - 1);
    close_nest(header, info);
    end(batch, header);
}

void add_veth(struct batch* batch, const char* name, int bridge, pid_t pid) {
    struct nlmsghdr* header = begin_link(batch, name);
    attribute(header, IFLA_MASTER, &bridge, sizeof bridge);
    set_one_queue(header);
    struct rtattr* info = attribute(header, IFLA_LINKINFO, NULL, 0);
    attribute(header, IFLA_INFO_KIND, "veth", sizeof "veth" - 1);
    struct rtattr* data = attribute(header, IFLA_INFO_DATA, NULL, 0);
    struct rtattr* peer = attribute(header, VETH_INFO_PEER, NULL, 0);
    memset((char*)header + header->nlmsg_len, 0, sizeof(struct ifinfomsg));
    header->nlmsg_len += sizeof(struct ifinfomsg);
    set_name(header, "eth0");
    attribute(header, IFLA_NET_NS_PID, &pid, sizeof pid);
    set_one_queue(header);
    close_nest(header, peer);
    close_nest(header, data);
    close_nest(header, info);
    end(batch, header);
}

void add_address(struct batch* batch, int link, uint32_t address, uint8_t prefix) {
    const struct ifaddrmsg body = {
        .ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = (unsigned)link};
    struct nlmsghdr* header = begin(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
    attribute(header, IFA_LOCAL, &address, sizeof address);
    attribute(header, IFA_ADDRESS, &address, sizeof address);
    end(batch, header);
}

void add_default_route(struct batch* batch, int link, uint32_t gateway) {
    const struct rtmsg body = {.rtm_family = AF_INET,
                               .rtm_table = RT_TABLE_MAIN,
                               .rtm_protocol = RTPROT_BOOT,
                               .rtm_type = RTN_UNICAST};
    struct nlmsghdr* header = begin(batch, RTM_NEWROUTE, NLM_F_CREATE, &body, sizeof body);
    attribute(header, RTA_GATEWAY, &gateway, sizeof gateway);
    attribute(header, RTA_OIF, &link, sizeof link);
    end(batch, header);
}

void set_up(struct batch* batch, int link) {
    const struct ifinfomsg body = {.ifi_index = link, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    end(batch, begin(batch, RTM_NEWLINK, 0, &body, sizeof body));
}
