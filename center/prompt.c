/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/prompt.h"

#include <string.h>

#include "center/band.h"
#include "center/choice.h"
#include "center/guard.h"

#define WIDTH 600
#define CLAIM_SHOWN 180 /* characters */
#define TICK_MS 250
#define YES_MAX 3

struct prompt {
	GtkWindow *window;
	GtkWidget *band, *sentence, *level, *clock, *no;
	GtkWidget *yes[YES_MAX]; /* those after the first: NULL but in lasting questions */
	struct question *q; /* borrowed */
	struct guard guard;
	guint guard_timer, tick;
	gint64 deadline;
	gint64 span; /* of the whole time, usec */
	unsigned waiting;
	bool painted; /* since it was mapped */
	prompt_fn answer;
	void *userdata;
};

static uint64_t now(void)
{
	return (uint64_t)g_get_monotonic_time();
}

static void update(struct prompt *p);

static gboolean handle_guard_timer(gpointer userdata)
{
	struct prompt *p = userdata;

	p->guard_timer = 0;
	update(p);
	return G_SOURCE_REMOVE;
}

static bool is_suspended(struct prompt *p)
{
#if GTK_CHECK_VERSION(4, 12, 0)
	return gtk_window_is_suspended(p->window);
#else
	return false;
#endif
}

/* Yes can be pressed when the window has been attended to for long enough, and there is an object. */
static void update(struct prompt *p)
{
	bool attended = p->painted && gtk_widget_get_mapped(GTK_WIDGET(p->window)) && gtk_window_is_active(p->window) &&
		!is_suspended(p);
	uint64_t left;

	guard_set(&p->guard, attended, now());
	left = guard_left(&p->guard, now());
	g_clear_handle_id(&p->guard_timer, g_source_remove);
	if (left > 0 && left < UINT64_MAX)
		p->guard_timer = g_timeout_add((guint)(left / 1000 + 1), handle_guard_timer, p);
	for (unsigned i = 0; i < YES_MAX && p->yes[i]; i++)
		gtk_widget_set_sensitive(p->yes[i], left == 0 && p->q->object.name[0]);
	if (left == 0)
		gtk_widget_remove_css_class(p->no, "waiting");
	else
		gtk_widget_add_css_class(p->no, "waiting");
}

void prompt_destroy(struct prompt *p)
{
	g_clear_handle_id(&p->guard_timer, g_source_remove);
	g_clear_handle_id(&p->tick, g_source_remove);
	g_signal_handlers_disconnect_by_data(p->window, p);
	gtk_window_destroy(p->window);
	g_free(p);
}

/* @verdict: static. */
static void answer(struct prompt *p, const char *verdict)
{
	prompt_fn fn = p->answer;
	void *userdata = p->userdata;
	char object[VM_NAME_MAX + 1];

	g_strlcpy(object, p->q->object.name, sizeof(object));
	prompt_destroy(p);
	fn(verdict, object, userdata);
}

/* What the buttons of a question stand for, left to right behind No. */
static const struct {
	const char *verdict, *label;
} lasting[YES_MAX] = {
	{ "once", "Once" },
	{ "session", "This session" },
	{ "always", "Always" },
};

static void handle_yes(GtkButton *button, gpointer userdata)
{
	struct prompt *p = userdata;
	unsigned i = 0;

	while (i + 1 < YES_MAX && p->yes[i] != GTK_WIDGET(button))
		i++;
	if (guard_is_open(&p->guard, now()) && p->q->object.name[0])
		answer(p, p->q->lasting ? lasting[i].verdict : "yes");
}

static void handle_no(GtkButton *button, gpointer userdata)
{
	struct prompt *p = userdata;

	if (guard_is_open(&p->guard, now()))
		answer(p, "no");
}

/* The compositor's wish, not a key press: it is a no at any time. */
static gboolean handle_close(GtkWindow *window, gpointer userdata)
{
	answer(userdata, "no");
	return TRUE;
}

static gboolean handle_key(
	GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, gpointer userdata)
{
	if (keyval != GDK_KEY_Escape)
		return FALSE;
	answer(userdata, "no"); /* handle_event() let it through */
	return TRUE;
}

/* Before any widget sees it: what comes too early never happened. */
static gboolean handle_event(GtkEventControllerLegacy *controller, GdkEvent *event, gpointer userdata)
{
	struct prompt *p = userdata;

	switch (gdk_event_get_event_type(event)) {
	case GDK_KEY_PRESS:
		return !guard_press(&p->guard, gdk_key_event_get_keycode(event), now());
	case GDK_KEY_RELEASE:
		return !guard_release(&p->guard, gdk_key_event_get_keycode(event), now());
	case GDK_BUTTON_PRESS:
		return !guard_press(&p->guard, GUARD_BUTTON + gdk_button_event_get_button(event), now());
	case GDK_BUTTON_RELEASE:
		return !guard_release(&p->guard, GUARD_BUTTON + gdk_button_event_get_button(event), now());
	case GDK_TOUCH_BEGIN:
		return !guard_press(&p->guard, GUARD_TOUCH, now());
	case GDK_TOUCH_END:
		return !guard_release(&p->guard, GUARD_TOUCH, now());
	default:
		return FALSE;
	}
}

static void handle_painted(GdkFrameClock *clock, gpointer userdata)
{
	struct prompt *p = userdata;

	if (p->painted || !gtk_widget_get_mapped(GTK_WIDGET(p->window)))
		return;
	p->painted = true;
	update(p);
}

static void handle_changed(GObject *object, GParamSpec *spec, gpointer userdata)
{
	update(userdata);
}

static void handle_unmap(GtkWidget *widget, gpointer userdata)
{
	struct prompt *p = userdata;

	p->painted = false;
	update(p);
}

static void handle_realize(GtkWidget *widget, gpointer userdata)
{
	g_signal_connect(gtk_widget_get_frame_clock(widget), "after-paint", G_CALLBACK(handle_painted), userdata);
}

static void handle_unrealize(GtkWidget *widget, gpointer userdata)
{
	g_signal_handlers_disconnect_by_func(
		gtk_widget_get_frame_clock(widget), (gpointer)(uintptr_t)handle_painted, userdata);
}

static void show_clock(struct prompt *p)
{
	gint64 left = p->deadline - g_get_monotonic_time();
	char text[128], more[64] = "";
	double part = p->span > 0 ? (double)left / (double)p->span : 0;

	if (p->waiting > 0)
		g_snprintf(more, sizeof(more), "   ·   %u more %s", p->waiting,
			p->waiting == 1 ? "question waits" : "questions wait");
	g_snprintf(text, sizeof(text), "No answer for %d s is a no%s", (int)((left + 999999) / 1000000), more);
	gtk_label_set_text(GTK_LABEL(p->clock), text);
	gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(p->level), CLAMP(part, 0, 1));
}

static gboolean handle_tick(gpointer userdata)
{
	struct prompt *p = userdata;

	if (g_get_monotonic_time() < p->deadline) {
		show_clock(p);
		return G_SOURCE_CONTINUE;
	}
	p->tick = 0;
	answer(p, "no");
	return G_SOURCE_REMOVE;
}

void prompt_set_waiting(struct prompt *p, unsigned n)
{
	p->waiting = n;
	show_clock(p);
}

/* Text is set as text, never as markup: some of it is a guest's. */
static GtkWidget *label_new(const char *text, const char *class)
{
	GtkWidget *label = gtk_label_new(text);

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_widget_add_css_class(label, class);
	return label;
}

static void show_sentence(struct prompt *p)
{
	const struct question *q = p->q;
	char *text = g_strdup_printf("%s wants to %s %s.", q->subject.name, question_act(q),
		q->object.name[0] ? q->object.name : "another virtual machine");

	gtk_label_set_text(GTK_LABEL(p->sentence), text);
	g_free(text);
}

static void handle_choice(GtkWidget *choice, GParamSpec *spec, gpointer userdata)
{
	struct prompt *p = userdata;
	const struct party *chosen = choice_get(choice, p->q);

	p->q->object = chosen ? *chosen : (struct party){ 0 };
	show_sentence(p);
	gtk_widget_queue_draw(p->band);
	update(p);
}

static GtkWidget *chooser_new(struct prompt *p)
{
	GtkWidget *choice = choice_new(p->q);

	g_signal_connect(choice, "notify::selected", G_CALLBACK(handle_choice), p);
	return choice;
}

static void add_row(GtkGrid *grid, int row, const char *name, GtkWidget *value)
{
	GtkWidget *label = label_new(name, "caption");

	gtk_widget_set_valign(label, GTK_ALIGN_CENTER);
	gtk_grid_attach(grid, label, 0, row, 1, 1);
	gtk_widget_set_hexpand(value, TRUE);
	gtk_grid_attach(grid, value, 1, row, 1, 1);
}

/* A line of its own that says whose word it is; in a box, so that no text of it can look like ours. */
static GtkWidget *claim_new(const struct question *q)
{
	char text[QUESTION_TEXT_MAX];
	char *says =
		q->kind == KIND_NET ? g_strdup("It wants to reach") : g_strdup_printf("%s says it is", q->subject.name);
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 3), *label;

	question_short_claim(q, CLAIM_SHOWN, text, sizeof(text));
	gtk_widget_add_css_class(box, "claim");
	gtk_box_append(GTK_BOX(box), label_new(says, "caption"));
	label = label_new(text, "claim-text");
	gtk_label_set_wrap(GTK_LABEL(label), TRUE);
	gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
	gtk_label_set_max_width_chars(GTK_LABEL(label), 1);
	gtk_widget_set_hexpand(label, TRUE);
	gtk_widget_set_tooltip_text(label, q->claim);
	gtk_box_append(GTK_BOX(box), label);
	g_free(says);
	return box;
}

static GtkWidget *rule_new(const struct question *q)
{
	GtkWidget *rule = label_new(q->rule, "value");

	gtk_label_set_ellipsize(GTK_LABEL(rule), PANGO_ELLIPSIZE_START);
	gtk_widget_set_tooltip_text(rule, q->rule);
	return rule;
}

static GtkWidget *fact_new(const char *text)
{
	GtkWidget *fact = label_new(text, "value");

	gtk_label_set_ellipsize(GTK_LABEL(fact), PANGO_ELLIPSIZE_MIDDLE);
	return fact;
}

/* Where it goes, and which program it is by the guest's own word. */
static int add_net_rows(GtkGrid *grid, int row, const struct question *q)
{
	char *program = q->program[0] ? g_strdup_printf("%s, as %s says", q->program, q->subject.name)
				      : g_strdup_printf("%s does not say which", q->subject.name);

	if (q->address[0])
		add_row(grid, row++, "Address", fact_new(q->address));
	add_row(grid, row++, "Program", fact_new(program));
	g_free(program);
	return row;
}

static GtkWidget *facts_new(struct prompt *p)
{
	GtkWidget *grid = gtk_grid_new();
	char amount[64];
	int row = 0;

	gtk_grid_set_column_spacing(GTK_GRID(grid), 18);
	gtk_grid_set_row_spacing(GTK_GRID(grid), 6);
	question_amount(p->q, amount, sizeof(amount));
	if (amount[0])
		add_row(GTK_GRID(grid), row++, "Amount", label_new(amount, "value"));
	if (p->q->kind == KIND_NET)
		row = add_net_rows(GTK_GRID(grid), row, p->q);
	add_row(GTK_GRID(grid), row++, "Asked by rule", rule_new(p->q));
	if (p->q->choices)
		add_row(GTK_GRID(grid), row++, question_is_inward(p->q) ? "From" : "To", chooser_new(p));
	return grid;
}

static GtkWidget *button_new(const char *text, const char *class)
{
	GtkWidget *button = gtk_button_new_with_label(text);

	gtk_widget_add_css_class(button, class);
	gtk_widget_set_hexpand(button, TRUE);
	return button;
}

static void add_yes(struct prompt *p, GtkWidget *box, unsigned at, const char *text)
{
	p->yes[at] = button_new(text, "yes");
	gtk_box_append(GTK_BOX(box), p->yes[at]);
	g_signal_connect(p->yes[at], "clicked", G_CALLBACK(handle_yes), p);
}

static GtkWidget *buttons_new(struct prompt *p)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
	char *yes = g_strdup_printf("Yes, %s", question_title(p->q));

	yes[5] = g_ascii_tolower(yes[5]);
	p->no = button_new("No", "no");
	gtk_box_set_homogeneous(GTK_BOX(box), TRUE);
	gtk_box_append(GTK_BOX(box), p->no);
	g_signal_connect(p->no, "clicked", G_CALLBACK(handle_no), p);
	for (unsigned i = 0; i < (p->q->lasting ? YES_MAX : 1); i++)
		add_yes(p, box, i, p->q->lasting ? lasting[i].label : yes);
	g_free(yes);
	return box;
}

static GtkWidget *body_new(struct prompt *p)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 14);
	char *title = g_strdup_printf("%s?", question_title(p->q));

	gtk_widget_add_css_class(box, "body");
	gtk_box_append(GTK_BOX(box), label_new(title, "heading"));
	p->sentence = label_new("", "sentence");
	show_sentence(p);
	gtk_box_append(GTK_BOX(box), p->sentence);
	if (p->q->claim[0])
		gtk_box_append(GTK_BOX(box), claim_new(p->q));
	gtk_box_append(GTK_BOX(box), facts_new(p));
	p->level = gtk_progress_bar_new();
	gtk_box_append(GTK_BOX(box), p->level);
	p->clock = label_new("", "clock");
	gtk_box_append(GTK_BOX(box), p->clock);
	gtk_box_append(GTK_BOX(box), buttons_new(p));
	g_free(title);
	return box;
}

static void watch_window(struct prompt *p)
{
	GtkEventController *filter = gtk_event_controller_legacy_new(), *keys = gtk_event_controller_key_new();

	gtk_event_controller_set_propagation_phase(filter, GTK_PHASE_CAPTURE);
	g_signal_connect(filter, "event", G_CALLBACK(handle_event), p);
	gtk_widget_add_controller(GTK_WIDGET(p->window), filter);
	g_signal_connect(keys, "key-pressed", G_CALLBACK(handle_key), p);
	gtk_widget_add_controller(GTK_WIDGET(p->window), keys);
	g_signal_connect(p->window, "notify::is-active", G_CALLBACK(handle_changed), p);
#if GTK_CHECK_VERSION(4, 12, 0)
	g_signal_connect(p->window, "notify::suspended", G_CALLBACK(handle_changed), p);
#endif
	g_signal_connect(p->window, "realize", G_CALLBACK(handle_realize), p);
	g_signal_connect(p->window, "unrealize", G_CALLBACK(handle_unrealize), p);
	g_signal_connect(p->window, "unmap", G_CALLBACK(handle_unmap), p);
	g_signal_connect(p->window, "close-request", G_CALLBACK(handle_close), p);
}

struct prompt *prompt_new(GtkApplication *app, struct question *q, gint64 deadline, prompt_fn fn, void *userdata)
{
	struct prompt *p = g_new0(struct prompt, 1);
	GtkWidget *handle = gtk_window_handle_new();

	p->q = q;
	p->deadline = deadline;
	p->span = (gint64)q->timeout * 1000000;
	p->answer = fn;
	p->userdata = userdata;
	p->window = GTK_WINDOW(gtk_application_window_new(app));
	p->band = band_new(q);
	gtk_window_handle_set_child(GTK_WINDOW_HANDLE(handle), p->band);
	gtk_window_set_title(p->window, "vmOS asks");
	gtk_window_set_titlebar(p->window, handle);
	gtk_window_set_resizable(p->window, FALSE);
	gtk_widget_set_size_request(handle, WIDTH, -1);
	gtk_widget_add_css_class(GTK_WIDGET(p->window), "prompt");
	gtk_window_set_child(p->window, body_new(p));
	watch_window(p);
	show_clock(p);
	p->tick = g_timeout_add(TICK_MS, handle_tick, p);
	update(p);
	gtk_window_set_focus(p->window, p->no);
	gtk_window_present(p->window);
	return p;
}
