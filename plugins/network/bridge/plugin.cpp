// SPDX-License-Identifier: Apache-2.0
// The entry of the plugin. Its own source is Apache-2.0; as a shared object it includes libnftnl, which is
// GPL-2.0-or-later, and so the whole is offered under both. No other part of rt links libnftnl.
#include "driver.hpp"

namespace {

constexpr char kSchema[] = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "pool": {
      "type": "string", "default": "10.88.0.0/16", "pattern": "^[0-9.]+/[0-9]+$",
      "description": "IPv4 subnet that networks get their subnets from"
    },
    "prefix_length": {
      "type": "integer", "default": 20, "minimum": 1, "maximum": 30,
      "description": "prefix length of each network's subnet; where it is not given, that of a smaller pool"
    },
    "mtu": {
      "type": "integer", "default": 0, "minimum": 0, "maximum": 65535,
      "description": "MTU of bridges and containers' links; 0: that of the link of the host's default route"
    },
    "bridge_prefix": {
      "type": "string", "default": "rt", "pattern": "^[a-z][a-z0-9]{0,3}$",
      "description": "a network's bridge is named PREFIX-br and 8 digits of the network's id"
    },
    "nft_table": {
      "type": "string", "default": "rt-bridge", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,31}$",
      "description": "nf_tables table, of family inet, that holds rules and published ports"
    },
    "masquerade": {
      "type": "boolean", "default": true,
      "description": "containers appear with the host's address outside; networks may say otherwise"
    },
    "hairpin": {
      "type": "boolean", "default": true,
      "description": "containers reach published ports of their own network, also their own, by the host's addresses"
    },
    "icc": {
      "type": "boolean", "default": true,
      "description": "containers of one network reach each other; networks may say otherwise"
    },
    "forward_drop": {
      "type": "boolean", "default": true,
      "description": "where this driver had to switch IPv4 forwarding on, what is forwarded between other links of the host is dropped"
    }
  }
})";

} // namespace

RT_NETWORK_PLUGIN(rt::bridge::BridgeDriver, "bridge", "0.1.0", "Apache-2.0 AND GPL-2.0-or-later",
                  "containers on bridges of the host, with NAT and published ports", kSchema);
