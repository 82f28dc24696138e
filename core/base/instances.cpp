// SPDX-License-Identifier: Apache-2.0
#define RT_INSTANCE template
#include "core/base/instances.hpp"
