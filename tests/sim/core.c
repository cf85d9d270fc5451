// SPDX-License-Identifier: GPL-2.0
/*
 * Fibers under one seeded scheduler, and virtual time.
 *
 * Each fiber stands for a thread or an interrupt on a CPU of its own, so any of them may come first at
 * each point where they can notice each other. Time stands still while something can run; when nothing
 * can, it jumps.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define asan_start(save, bottom, size)	__sanitizer_start_switch_fiber(save, bottom, size)
#define asan_finish(save)		__sanitizer_finish_switch_fiber(save, NULL, NULL)
#define asan_at_death(func)		__sanitizer_set_death_callback(func)
#else
#define asan_at_death(func)		((void)(func))
#define asan_start(save, bottom, size)	((void)(save), (void)(bottom), (void)(size))
#define asan_finish(save)		((void)(save))
#endif

/*
 * A switch of stacks. swapcontext() makes two system calls for each, which take three quarters of a
 * schedule's time, so on the usual machine only the registers that a call keeps are changed.
 */
#if defined(__x86_64__)
typedef void *core_stack;

void core_switch(core_stack *save, core_stack *load);
__asm__(".text\n"
	".type core_switch, @function\n"
	"core_switch:\n"
	"	push %rbp\n"
	"	push %rbx\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov (%rsi), %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n");

static void core_stack_init(core_stack *s, char *stack, size_t size, void (*func)(void))
{
	void **top = (void **)(stack + size);

	/* The return address of @func, @func itself, and six registers. */
	memset(top - 8, 0, 8 * sizeof(*top));
	top[-2] = (void *)func;
	*s = top - 8;
}
#else
#include <ucontext.h>

typedef ucontext_t core_stack;

static void core_switch(core_stack *save, core_stack *load)
{
	swapcontext(save, load);
}

static void core_stack_init(core_stack *s, char *stack, size_t size, void (*func)(void))
{
	getcontext(s);
	s->uc_stack.ss_sp = stack;
	s->uc_stack.ss_size = size;
	s->uc_link = NULL;
	makecontext(s, func, 0);
}
#endif

#define STACK_SIZE	(128 * 1024)
#define GUARD_SIZE	4096
#define MAX_FIBERS	64
#define MAX_HELD	8
#define MAX_EVENTS	2048
#define MAX_CLASSES	64
#define TIME_LIMIT	(3600 * 24 * SIM_SEC)
#define STEP_LIMIT	20000000ull
#define STEP_NS		20

enum fiber_state {
	FIBER_NONE,
	FIBER_READY,
	FIBER_BLOCKED,
};

struct held {
	const void	*lock;
	int		class;
	bool		spin;
};

struct sim_fiber {
	core_stack		uc;
	char			*stack;
	void			*fake_stack;
	const char		*name;
	enum fiber_state	state;
	enum sim_context	context;
	void			(*func)(void *arg);
	void			*arg;
	const void		*chan;
	uint64_t		deadline;
	bool			woken, noio;
	unsigned int		allowed;	/* locks that do not count for sim_locks_held() */
	struct held		held[MAX_HELD];
	unsigned int		nheld, nspin;
};

struct event {
	uint64_t	at;
	void		(*func)(void *arg);
	void		*arg;
};

struct lock_class {
	const void	*key;
	const char	*name;
	uint64_t	after;		/* classes that were taken while this one was held */
};

bool sim_tracing;
uint64_t sim_now;
struct sim_replay sim_replay;
static uint64_t core_seed, core_random, core_steps;
static uint32_t core_held_up;	/* one step in so many is late by all that the machine does next */
static bool core_happened[SIM_EVENTS], core_told;
static struct sim_fiber core_fibers[MAX_FIBERS], *core_self;
static unsigned int core_nfibers;	/* this schedule has used so many of them */
static struct event core_events[MAX_EVENTS];
static unsigned int core_nevents;
static core_stack core_uc;
static void *core_fake_stack;
static const void *core_bottom;
static size_t core_size;
/* Lock order holds for all schedules of the process. */
static struct lock_class core_classes[MAX_CLASSES];
static unsigned int core_nclasses;

uint32_t sim_roll(uint64_t *dice, uint32_t n)
{
	/* xorshift64* */
	*dice ^= *dice >> 12;
	*dice ^= *dice << 25;
	*dice ^= *dice >> 27;
	return n ? (uint32_t)((*dice * 2685821657736338717ull) >> 33) % n : 0;
}

static uint64_t core_dice(uint64_t a, uint64_t b)
{
	uint64_t x = (a + 1) * 0x9e3779b97f4a7c15ull + b * 0xd1b54a32d192ed03ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return (x ^ x >> 31) | 1;
}

uint32_t sim_rand(uint32_t n)
{
	return sim_roll(&core_random, n);
}

bool sim_event(unsigned int number, uint64_t *dice)
{
	if (number >= SIM_EVENTS)
		sim_fail("event %u", number);
	*dice = core_dice(core_seed, number + 1);
	if (sim_replay.drop[number])
		return false;
	core_happened[number] = true;
	return true;
}

static const char *core_name(void)
{
	return core_self ? core_self->name : "machine";
}

void sim_trace(const char *fmt, ...)
{
	va_list ap;

	if (!sim_tracing)
		return;
	printf("%12.6f %-8s ", sim_now / 1e9, core_name());
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void core_show_fibers(void)
{
	for (struct sim_fiber *f = core_fibers; f < core_fibers + core_nfibers; f++) {
		if (f->state == FIBER_NONE)
			continue;
		printf("#   %s: %s", f->name, f->state == FIBER_READY ? "ready" : "blocked");
		if (f->state == FIBER_BLOCKED && f->deadline)
			printf(" until %.6f", (double)f->deadline / 1e9);
		for (unsigned int i = 0; i < f->nheld; i++)
			printf(", holds %s", core_classes[f->held[i].class].name);
		putchar('\n');
	}
}

/* The numbers as DROP= takes them. */
static void core_show_events(const char *what, const bool *events)
{
	bool any = false;

	for (unsigned int i = 0; i < SIM_EVENTS; i++) {
		unsigned int last = i;

		if (!events[i])
			continue;
		while (last + 1 < SIM_EVENTS && events[last + 1])
			last++;
		printf(last > i ? "%s%u-%u" : "%s%u", any ? "," : what, i, last);
		any = true;
		i = last;
	}
}

/* How to run this schedule again. */
static void core_tell(void)
{
	core_told = true;
	printf("# at %.6f s, step %llu, in %s\n", (double)sim_now / 1e9,
	       (unsigned long long)core_steps, core_name());
	core_show_fibers();
	core_show_events("# events: ", core_happened);
	printf("\n# replay: make sim SEED=%llu SCHEDULES=1 TRACE=1", (unsigned long long)core_seed);
	if (strcmp(SIM_FLAVOUR, "fast"))
		printf(" FLAVOUR=%s", SIM_FLAVOUR);
	core_show_events(" DROP=", sim_replay.drop);
	if (sim_replay.shuffle)
		printf(" SHUFFLE=%u", sim_replay.shuffle);
	printf("\n# debugger: gdb --args build/sim/%s/sim %llu 0 1 trace", SIM_FLAVOUR,
	       (unsigned long long)core_seed);
	core_show_events(" drop=", sim_replay.drop);
	if (sim_replay.shuffle)
		printf(" shuffle=%u", sim_replay.shuffle);
	putchar('\n');
	fflush(stdout);
}

void sim_fail(const char *fmt, ...)
{
	va_list ap;

	printf("not ok - seed %llu: ", (unsigned long long)core_seed);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n# check: %s\n", fmt);
	core_tell();
	signal(SIGABRT, SIG_DFL);
	abort();
}

/* The process ends in another way than by sim_fail(): a sanitizer's report. */
static void core_dies(void)
{
	if (core_told)
		return;
	printf("not ok - seed %llu: a sanitizer's report\n# check: sanitizer\n",
	       (unsigned long long)core_seed);
	core_tell();
}

/* What is printed here may not be safe in a signal handler, but the process ends anyway. */
static void core_signal(int number)
{
	signal(number, SIG_DFL);
	if (!core_told) {
		printf("not ok - seed %llu: %s\n# check: signal %d\n", (unsigned long long)core_seed,
		       strsignal(number), number);
		core_tell();
	}
	raise(number);
}

void sim_catch_crashes(void)
{
	static char stack[64 * 1024];
	static const int numbers[] = { SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE };
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	const struct sigaction action = { .sa_handler = core_signal, .sa_flags = SA_ONSTACK };

	asan_at_death(core_dies);
#if !defined(__SANITIZE_ADDRESS__)
	/* A fiber's stack may have run over. */
	sigaltstack(&alternate, NULL);
	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
#else
	/* The sanitizer has its own. */
	(void)numbers;
	(void)alternate;
	sigaction(SIGABRT, &action, NULL);
#endif
}

/* ---- the machine's own events ---- */

void sim_after(uint64_t ns, void (*func)(void *arg), void *arg)
{
	if (core_nevents == MAX_EVENTS)
		sim_fail("too many events");
	core_events[core_nevents++] = (struct event){ sim_now + ns, func, arg };
}

void sim_cancel(void (*func)(void *arg), void *arg)
{
	for (unsigned int i = 0; i < core_nevents; i++)
		if (core_events[i].func == func && core_events[i].arg == arg)
			core_events[i--] = core_events[--core_nevents];
}

/* ---- fibers ---- */

struct sim_fiber *sim_self(void)
{
	return core_self;
}

/* From a fiber to the scheduler. @last: it ends. */
static void core_leave(bool last)
{
	struct sim_fiber *f = core_self;

	asan_start(last ? NULL : &f->fake_stack, core_bottom, core_size);
	core_switch(&f->uc, &core_uc);
	asan_finish(f->fake_stack);
}

static void core_fiber(void)
{
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_finish_switch_fiber(NULL, &core_bottom, &core_size);
#endif
	core_self->func(core_self->arg);
	if (core_self->nheld)
		sim_fail("ends with a lock held");
	core_self->state = FIBER_NONE;
	core_leave(true);
}

static void core_enter(struct sim_fiber *f)
{
	core_self = f;
	asan_start(&core_fake_stack, f->stack, STACK_SIZE);
	core_switch(&core_uc, &f->uc);
	asan_finish(core_fake_stack);
	core_self = NULL;
}

/* Below each stack is a page that nothing may touch. */
static char *core_stack_new(void)
{
	char *p = mmap(NULL, STACK_SIZE + GUARD_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p, GUARD_SIZE, PROT_NONE))
		sim_fail("no memory for a stack");
	return p + GUARD_SIZE;
}

struct sim_fiber *sim_spawn(const char *name, enum sim_context context, void (*func)(void *), void *arg)
{
	struct sim_fiber *f = core_fibers;

	while (f < core_fibers + core_nfibers && f->state != FIBER_NONE)
		f++;
	if (f == core_fibers + MAX_FIBERS)
		sim_fail("too many fibers");
	if (f == core_fibers + core_nfibers)
		core_nfibers++;
	if (!f->stack)
		f->stack = core_stack_new();
	f->name = name;
	f->context = context;
	f->func = func;
	f->arg = arg;
	f->nheld = 0;
	f->nspin = 0;
	f->noio = false;
	f->allowed = 0;
	f->fake_stack = NULL;
	f->deadline = 0;
	f->state = FIBER_READY;
	core_stack_init(&f->uc, f->stack, STACK_SIZE, core_fiber);
	return f;
}

void sim_point(void)
{
	if (!core_self)
		return;
	sim_now += STEP_NS;
	if (sim_rand(4))
		return;
	core_leave(false);
}

bool sim_block(const void *chan, uint64_t deadline)
{
	struct sim_fiber *f = core_self;

	f->chan = chan;
	f->deadline = deadline;
	f->woken = false;
	f->state = FIBER_BLOCKED;
	core_leave(false);
	return f->woken;
}

void sim_wake(const void *chan, bool all)
{
	unsigned int start = sim_rand(core_nfibers);

	for (unsigned int i = 0; i < core_nfibers; i++) {
		struct sim_fiber *f = &core_fibers[(start + i) % core_nfibers];

		if (f->state != FIBER_BLOCKED || f->chan != chan)
			continue;
		f->state = FIBER_READY;
		f->woken = true;
		if (!all)
			return;
	}
}

void sim_pass(uint64_t ns)
{
	sim_block(NULL, sim_now + ns);
}

bool sim_may_sleep(void)
{
	return core_self && core_self->context == SIM_THREAD && !core_self->nspin;
}

void sim_noio(bool on)
{
	core_self->noio = on;
}

bool sim_may_start_io(void)
{
	return core_self && !core_self->noio;
}

void sim_must_sleep_well(const char *what)
{
	if (!sim_may_sleep())
		sim_fail("%s where sleeping is not allowed", what);
}

/* ---- locks ---- */

static int core_class(const void *key, const char *name)
{
	unsigned int i;

	for (i = 0; i < core_nclasses && core_classes[i].key != key; i++)
		;
	if (i == MAX_CLASSES)
		sim_fail("too many lock classes");
	if (i == core_nclasses)
		core_classes[core_nclasses++] = (struct lock_class){ key, name, 0 };
	return (int)i;
}

static bool core_is_after(int class, int other, uint64_t *seen)
{
	*seen |= 1ull << class;
	if (core_classes[class].after & 1ull << other)
		return true;
	for (unsigned int i = 0; i < core_nclasses; i++)
		if (core_classes[class].after & ~*seen & 1ull << i &&
		    core_is_after((int)i, other, seen))
			return true;
	return false;
}

void sim_lock_taken(const void *lock, const void *class, const char *name, bool spin)
{
	struct sim_fiber *f = core_self;
	int c = core_class(class, name);

	if (!f)
		sim_fail("lock %s outside a fiber", name);
	for (unsigned int i = 0; i < f->nheld; i++) {
		int before = f->held[i].class;
		uint64_t seen = 0;

		if (before != c && core_is_after(c, before, &seen))
			sim_fail("lock order: %s is taken while %s is held, and the other way round", name,
				 core_classes[before].name);
		if (before != c)
			core_classes[before].after |= 1ull << c;
	}
	if (f->nheld == MAX_HELD)
		sim_fail("too many locks held");
	f->held[f->nheld++] = (struct held){ lock, c, spin };
	f->nspin += spin;
}

void sim_lock_dropped(const void *lock)
{
	struct sim_fiber *f = core_self;
	unsigned int i;

	for (i = 0; i < f->nheld && f->held[i].lock != lock; i++)
		;
	if (i == f->nheld)
		sim_fail("a lock is dropped by a fiber that does not hold it");
	f->nspin -= f->held[i].spin;
	for (f->nheld--; i < f->nheld; i++)
		f->held[i] = f->held[i + 1];
}

void sim_allow_locks(unsigned int n)
{
	core_self->allowed = n;
}

unsigned int sim_locks_held(void)
{
	return core_self && core_self->nheld > core_self->allowed ? core_self->nheld : 0;
}

bool sim_spin_held(void)
{
	bool held = false;

	for (struct sim_fiber *f = core_fibers; f < core_fibers + core_nfibers; f++)
		held |= f->state != FIBER_NONE && f->nspin;
	return held;
}

void sim_alone(void)
{
	for (struct sim_fiber *f = core_fibers; f < core_fibers + core_nfibers; f++)
		if (f != core_self && f->state != FIBER_NONE) {
			f->state = FIBER_BLOCKED;
			f->chan = &core_fibers;
			f->deadline = 0;
		}
}

/* ---- the scheduler ---- */

/* Wake fibers whose time has come. Returns the next time at which something happens, or 0. */
static uint64_t core_look(unsigned int *ready)
{
	uint64_t next = 0;

	*ready = 0;
	for (struct sim_fiber *f = core_fibers; f < core_fibers + core_nfibers; f++) {
		if (f->state == FIBER_BLOCKED && f->deadline && f->deadline <= sim_now)
			f->state = FIBER_READY;
		if (f->state == FIBER_READY)
			++*ready;
		else if (f->state == FIBER_BLOCKED && f->deadline && (!next || f->deadline < next))
			next = f->deadline;
	}
	for (unsigned int i = 0; i < core_nevents; i++) {
		if (core_events[i].at <= sim_now)
			++*ready;
		else if (!next || core_events[i].at < next)
			next = core_events[i].at;
	}
	return next;
}

/* Run number @n of what is ready. */
static void core_pick(unsigned int n)
{
	for (struct sim_fiber *f = core_fibers; f < core_fibers + core_nfibers; f++) {
		if (f->state == FIBER_READY && !n--) {
			core_enter(f);
			return;
		}
	}
	for (unsigned int i = 0; i < core_nevents; i++) {
		if (core_events[i].at <= sim_now && !n--) {
			struct event e = core_events[i];

			core_events[i] = core_events[--core_nevents];
			e.func(e.arg);
			return;
		}
	}
}

void sim_run(uint64_t seed, void (*main)(void *arg), void *arg)
{
	struct sim_fiber *f;

	core_seed = seed;
	core_random = core_dice(seed, (uint64_t)sim_replay.shuffle << 32);
	memset(core_happened, 0, sizeof(core_happened));
	core_held_up = 4u << 2 * sim_rand(3);
	core_steps = 0;
	core_nevents = 0;
	core_nfibers = 0;
	sim_now = SIM_SEC;
	f = sim_spawn("main", SIM_THREAD, main, arg);
	while (f->state != FIBER_NONE) {
		unsigned int ready;
		uint64_t next = core_look(&ready);

		if (++core_steps > STEP_LIMIT)
			sim_fail("the schedule does not end");
		if (!ready && !next)
			sim_fail("deadlock");
		/* A CPU may also be held up for a while, by its host or by interrupts. */
		if (!ready || (next && next < sim_now + 5 * SIM_MSEC && !sim_rand(core_held_up))) {
			if (next > TIME_LIMIT)
				sim_fail("the schedule does not end in time");
			sim_now = next;
			continue;
		}
		core_pick(sim_rand(ready));
	}
	for (f = core_fibers; f < core_fibers + core_nfibers; f++)
		if (f->state != FIBER_NONE)
			sim_fail("fiber %s is left", f->name);
}
