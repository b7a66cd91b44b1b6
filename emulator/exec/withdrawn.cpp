// The handler of SIGSEGV and SIGBUS.

#include "emulator/exec/withdrawn.hpp"

#include <ucontext.h>
#include <mutex>

namespace gcn::emulator {

namespace {

constexpr int signals[] = {SIGSEGV, SIGBUS};

// initial-exec: a handler must not be the one that makes a thread's variables.
[[gnu::tls_model("initial-exec")]] thread_local WithdrawnGuard* innermost = nullptr;

struct sigaction before[NSIG];

// A handler that was there before may save ours, put it back and raise the signal again: then it has had its turn.
[[gnu::tls_model("initial-exec")]] thread_local bool passing_on = false;

void pass_on(int number, siginfo_t* info, void* context) {
    const struct sigaction& old = before[number];
    const bool raised = info->si_code <= 0;
    if ((raised && passing_on) || (!(old.sa_flags & SA_SIGINFO) && old.sa_handler == SIG_DFL)) {
        signal(number, SIG_DFL);
        if (raised) raise(number);
        return;  // a bad access is made again, and ends the process
    }
    passing_on = true;
    if (old.sa_flags & SA_SIGINFO)
        old.sa_sigaction(number, info, context);
    else if (old.sa_handler != SIG_IGN)
        old.sa_handler(number);
    else if (!raised)
        signal(number, SIG_DFL);
    passing_on = false;
}

}  // namespace

void WithdrawnGuard::handle(int number, siginfo_t* info, void* context) {
    WithdrawnGuard* guard = innermost;
    if (guard && info->si_code > 0) {
        const auto* host = static_cast<const std::byte*>(info->si_addr);
        for (const Window& window : guard->windows) {
            if (!window.bytes || host < window.host || host >= window.host + window.bytes) continue;
            constexpr greg_t page_fault_of_a_write = 2;
            guard->met.address = window.first + uint64_t(host - window.host);
            guard->met.write = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR] & page_fault_of_a_write;
            siglongjmp(guard->landing, 1);
        }
    }
    pass_on(number, info, context);
}

void WithdrawnGuard::install() {
    struct sigaction action = {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;  // NODEFER: the jump does not restore the mask
    sigemptyset(&action.sa_mask);
    static std::mutex one_at_a_time;
    const std::lock_guard lock(one_at_a_time);
    for (const int number : signals) {
        struct sigaction now;
        sigaction(number, nullptr, &now);
        if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == handle) continue;
        before[number] = now;
        sigaction(number, &action, nullptr);
    }
}

WithdrawnGuard::WithdrawnGuard(std::span<const Window> windows) : windows(windows), outer(innermost) {
    innermost = this;
}

WithdrawnGuard::~WithdrawnGuard() { innermost = outer; }

void leave_signals_to_the_program() {
    sigset_t others;
    sigfillset(&others);
    for (const int number : signals) sigdelset(&others, number);
    pthread_sigmask(SIG_SETMASK, &others, nullptr);
}

}  // namespace gcn::emulator
