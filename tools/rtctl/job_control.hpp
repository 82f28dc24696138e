// SPDX-License-Identifier: Apache-2.0
// Whose the terminal is. Only the job in the foreground may read it or change its mode: the kernel stops any
// other that tries, and would do so in the middle of the call, where a signal that is held back ends nothing.
// So we look first, and stop ourselves where signals can be looked at afterwards. One thread.
#pragma once

namespace rt::cli {

// Standard input is our terminal, and another job has it now.
bool is_in_background();

// Until somebody continues us (`fg`, kill -CONT). number: SIGTTIN or SIGTTOU, as the kernel would take it.
// False: we were not stopped, for nobody would continue us. SIGCONT has to be blocked.
bool stop_job(int number);

} // namespace rt::cli
