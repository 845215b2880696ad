/* Threads that help the one which calls a kernel: tg_parallel.
 *
 * A job is cut into pieces. How many of them nobody has begun stands, with the number of the job, in one
 * word, the ticket; who wants a piece takes it by compare-and-swap. A helper that comes when the pieces are
 * gone, or the next job has begun, finds its swap refused, and nobody waits for it: the caller goes through
 * the pieces itself, and waits only for those that a helper has begun.
 *
 * One job at a time has the helpers; what is called meanwhile, or within a piece, runs in its own thread.
 * A helper without work looks round for some 20 µs, then sleeps. */
#define _POSIX_C_SOURCE 200809L
#include "tinygrad_pt.h"

#if defined(_WIN32)

void tg_set_threads(int n) { (void)n; }
int tg_threads(void) { return 1; }
void tg_parallel(ptrdiff_t n, ptrdiff_t grain, tg_piece f, void *arg)
{
    (void)grain;
    f(arg, 0, n);
}

#else

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

enum {
    PIECES = 4,       /* for each thread: when one is held up, the others take over most of its share */
    LOOKS = 500,      /* for work, or for the end of it, before giving way to others */
    CREDIT = 5000000, /* ns that helpers may have saved and lose again */
    REST = 32         /* times what they lost beyond that is the time of doing without them */
};
#define LEFT(ticket) ((ptrdiff_t)((ticket) & 0xffffffff))

/* What a helper reads of a job is written before the ticket, and is not written again as long as there are
 * pieces: if it was of another job, the ticket has changed, and the swap fails. */
static struct {
    _Atomic unsigned long long ticket; /* number of the job << 32 | pieces that nobody has begun */
    _Atomic(tg_piece) f;
    _Atomic(void *) arg;
    _Atomic ptrdiff_t n, grain, pieces, unfinished;
    _Atomic long long rest;            /* until then no helpers are asked */
    long long saved;                   /* by them, of late, in ns */
    atomic_flag taken;                 /* by a job */
    _Atomic int threads, helpers, asleep;
    pthread_mutex_t lock;              /* for `helpers` and going to sleep */
    pthread_cond_t wake;
} pool = {.taken = ATOMIC_FLAG_INIT, .threads = 1, .lock = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER};

static long long now(void) /* in ns */
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void look_again(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Where piece i begins: at a multiple of 32, which is whole cache lines and tiles, unless pieces are small. */
static ptrdiff_t cut(ptrdiff_t i, ptrdiff_t pieces, ptrdiff_t n, ptrdiff_t grain)
{
    const ptrdiff_t at = n * i / pieces;
    return i == pieces ? n : grain < 32 ? at : at - at % 32;
}

/* Take a piece and compute it; 0 if there is none. */
static int work(void)
{
    unsigned long long ticket = pool.ticket;
    ptrdiff_t n, grain, pieces;
    tg_piece f;
    void *arg;
    do {
        if (!LEFT(ticket))
            return 0;
        f = pool.f;
        arg = pool.arg;
        n = pool.n;
        grain = pool.grain;
        pieces = pool.pieces;
    } while (!atomic_compare_exchange_weak(&pool.ticket, &ticket, ticket - 1));
    const ptrdiff_t i = pieces - LEFT(ticket);
    f(arg, cut(i, pieces, n, grain), cut(i + 1, pieces, n, grain));
    pool.unfinished--;
    return 1;
}

static void *help(void *unused)
{
    for (int looks = 0; ; looks++) {
        if (work())
            looks = 0;
        else if (looks < LOOKS)
            look_again();
        else {
            pthread_mutex_lock(&pool.lock);
            pool.asleep++;
            while (!LEFT(pool.ticket) && pool.helpers < pool.threads)
                pthread_cond_wait(&pool.wake, &pool.lock);
            pool.asleep--;
            const int leave = pool.helpers >= pool.threads;
            pool.helpers -= leave;
            pthread_mutex_unlock(&pool.lock);
            if (leave)
                return unused;
            looks = 0;
        }
    }
}

/* In the child of a fork there is one thread, and no job. */
static void forget(void)
{
    pool.ticket = 0;
    pool.helpers = pool.asleep = 0;
    pool.rest = pool.saved = 0;
    atomic_flag_clear(&pool.taken);
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.wake, NULL);
}

static void at_fork(void) { pthread_atfork(NULL, NULL, forget); }

/* As many helpers, if they are to be had. They leave signals to the threads of the program. */
static void hire(int helpers)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, at_fork);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&pool.lock);
    for (pthread_t t; pool.helpers < helpers && !pthread_create(&t, NULL, help, NULL); pool.helpers++)
        pthread_detach(t);
    pthread_mutex_unlock(&pool.lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void tg_set_threads(int n)
{
    pthread_mutex_lock(&pool.lock);
    pool.threads = n;
    pthread_cond_broadcast(&pool.wake); /* those who are too many leave */
    pthread_mutex_unlock(&pool.lock);
}

int tg_threads(void) { return pool.threads; }

/* On a busy machine a helper may be held up amid its piece for longer than the whole job takes. How long the
 * caller alone would have needed is told by the pieces it computed. Helpers that lost more than they had
 * saved before are not asked for a while, so that a few percent at most are lost. */
void tg_parallel(ptrdiff_t n, ptrdiff_t grain, tg_piece f, void *arg)
{
    const int threads = pool.threads;
    const ptrdiff_t most = n / grain, pieces = most < threads * PIECES ? most : threads * PIECES;
    if (pieces < 2 || threads < 2 || pool.rest > now() || atomic_flag_test_and_set(&pool.taken)) {
        f(arg, 0, n);
        return;
    }
    const int helpers = pieces < threads ? (int)pieces - 1 : threads - 1;
    if (pool.helpers < helpers)
        hire(helpers);

    const long long start = now();
    pool.f = f;
    pool.arg = arg;
    pool.n = n;
    pool.grain = grain;
    pool.pieces = pieces;
    pool.unfinished = pieces;
    pool.ticket = ((pool.ticket >> 32) + 1) << 32 | (unsigned long long)pieces;
    if (pool.asleep) {
        pthread_mutex_lock(&pool.lock);
        for (int i = 0; i < helpers; i++)
            pthread_cond_signal(&pool.wake);
        pthread_mutex_unlock(&pool.lock);
    }
    ptrdiff_t mine = 0;
    while (work())
        mine++;
    const long long done = now();
    for (int looks = 0; pool.unfinished; looks++)
        if (looks < LOOKS)
            look_again();
        else
            sched_yield();
    const long long end = now();
    if (mine)
        pool.saved += (done - start) * pieces / mine - (end - start);
    if (pool.saved > CREDIT)
        pool.saved = CREDIT;
    if (pool.saved < 0) {
        pool.rest = end - REST * pool.saved;
        pool.saved = 0;
    }
    atomic_flag_clear(&pool.taken);
}

#endif
