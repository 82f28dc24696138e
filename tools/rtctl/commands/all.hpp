// SPDX-License-Identifier: Apache-2.0
// Every command of rtctl, in the order in which help shows them.
#pragma once

#include "tools/rtctl/command.hpp"

namespace rt::cli {

// Containers
extern const Command kRun;
extern const Command kCreate;
extern const Command kStart;
extern const Command kRestart;
extern const Command kPause;
extern const Command kUnpause;
extern const Command kWait;
extern const Command kRename;
extern const Command kExec;
extern const Command kAttach;
extern const Command kPs;
extern const Command kUpdate;
extern const Command kTop;
extern const Command kPort;
extern const Command kStats;
extern const Command kLogs;
extern const Command kInspect;
extern const Command kStop;
extern const Command kKill;
extern const Command kRm;
extern const Command kCp;
extern const Command kExport;
extern const Command kDiff;
extern const Command kCommit;
extern const Command kContainerPrune;
// Images
extern const Command kPull;
extern const Command kPush;
extern const Command kLogin;
extern const Command kLogout;
extern const Command kSearch;
extern const Command kLoad;
extern const Command kSave;
extern const Command kImport;
extern const Command kImages;
extern const Command kHistory;
extern const Command kTag;
extern const Command kRmi;
extern const Command kImagePrune;
// Networks
extern const Command kNetworkConnect;
extern const Command kNetworkCreate;
extern const Command kNetworkDisconnect;
extern const Command kNetworkInspect;
extern const Command kNetworkLs;
extern const Command kNetworkPrune;
extern const Command kNetworkRm;
// Volumes
extern const Command kVolumeCreate;
extern const Command kVolumeLs;
extern const Command kVolumeInspect;
extern const Command kVolumeRm;
extern const Command kVolumePrune;
// The engine
extern const Command kEvents;
extern const Command kInfo;
extern const Command kVersion;
extern const Command kSystemBoot;
extern const Command kSystemShutdown;
extern const Command kPluginLs;
extern const Command kPluginInspect;
extern const Command kConfigShow;
extern const Command kConfigCheck;
extern const Command kConfigExplain;
extern const Command kExplainRun;
extern const Command kSystemDf;
extern const Command kSystemPrune;
extern const Command kDoctor;
extern const Command kCompletion;
// For the engine's own use, not shown: cleans up after a container that has ended.
extern const Command kReap;
extern const Command kEvent;
extern const Command kHalt;
extern const Command kManual;

} // namespace rt::cli
