/* SPDX-License-Identifier: Apache-2.0 */
/* Everything of the plugin border. */
#ifndef RTP_RTP_H
#define RTP_RTP_H

#include <rtp/base.h>
#include <rtp/entry.h>
#include <rtp/host.h>
#include <rtp/isolation.h>
#include <rtp/leftovers.h>
#include <rtp/network.h>
#include <rtp/storage.h>

#endif
