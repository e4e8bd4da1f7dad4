/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmos-center: asks the user, on the desktop, what may pass between VMs. One question at a time, in the order they came. */
#include <gtk/gtk.h>
#include <string.h>

#include "base/log.h"
#include "center/link.h"
#include "center/menu.h"
#include "center/notes.h"
#include "center/notices.h"
#include "center/prompt.h"

#define APP_ID "org.vmos.Center"

struct waiting {
	struct waiting *next;
	struct link *link;
	struct question *q; /* owned */
	GDBusMethodInvocation *invocation; /* owned, until it is answered */
	gint64 deadline;
};

static struct {
	GtkApplication *app;
	struct waiting *first; /* the one that is shown */
	struct prompt *prompt; /* may be NULL */
	struct menu *menus[2]; /* by link_where(); NULL: menus are left alone */
	gboolean background, system, session, no_menu;
} center;

static unsigned count_behind(void)
{
	unsigned n = 0;

	for (const struct waiting *w = center.first; w; w = w->next)
		n++;
	return n > 0 ? n - 1 : 0;
}

static void show_next(void);

static void waiting_free(struct waiting *w, const char *verdict, const char *object)
{
	link_answer(w->invocation, verdict, object);
	question_free(w->q);
	g_free(w);
}

static void handle_answer(const char *verdict, const char *object, void *userdata)
{
	struct waiting *w = center.first;

	center.prompt = NULL;
	center.first = w->next;
	waiting_free(w, verdict, object);
	show_next();
}

static void show_next(void)
{
	struct waiting *w = center.first;

	if (!center.prompt && w)
		center.prompt = prompt_new(center.app, w->q, w->deadline, handle_answer, NULL);
	if (center.prompt)
		prompt_set_waiting(center.prompt, count_behind());
}

static void handle_ask(struct link *l, struct question *q, GDBusMethodInvocation *invocation)
{
	struct waiting *w = g_new0(struct waiting, 1), **at = &center.first;

	w->link = l;
	w->q = q;
	w->invocation = invocation;
	w->deadline = g_get_monotonic_time() + (gint64)q->timeout * G_USEC_PER_SEC;
	while (*at)
		at = &(*at)->next;
	*at = w;
	show_next();
}

/* Takes out what matches; @any: every question of @l's. Nobody waits for an answer to these. */
static void drop(struct link *l, bool any, uint32_t id)
{
	struct waiting **at = &center.first;

	while (*at) {
		struct waiting *w = *at;

		if (w->link != l || (!any && w->q->id != id)) {
			at = &w->next;
			continue;
		}
		if (w == center.first && center.prompt) {
			prompt_destroy(center.prompt);
			center.prompt = NULL;
		}
		*at = w->next;
		waiting_free(w, "no", "");
	}
	show_next();
}

static void handle_cancel(struct link *l, uint32_t id)
{
	drop(l, false, id);
}

static void handle_found(struct link *l, GDBusConnection *connection, const char *owner)
{
	if (center.menus[link_where(l)])
		menu_follow(center.menus[link_where(l)], connection, owner);
}

static void handle_lost(struct link *l)
{
	if (center.menus[link_where(l)])
		menu_leave(center.menus[link_where(l)]);
	drop(l, true, 0);
}

static void handle_notify(const struct question *q)
{
	notices_add(center.app, q);
}

static void load_style(void)
{
	GtkCssProvider *provider = gtk_css_provider_new();

	gtk_css_provider_load_from_resource(provider, "/org/vmos/Center/style.css");
	gtk_style_context_add_provider_for_display(
		gdk_display_get_default(), GTK_STYLE_PROVIDER(provider), GTK_STYLE_PROVIDER_PRIORITY_USER);
	g_object_unref(provider);
}

static void handle_startup(GApplication *app, gpointer userdata)
{
	static const struct link_handlers handlers = { handle_ask, handle_cancel, handle_notify, notes_show,
		notes_close, handle_found, handle_lost };
	const char *mode = g_getenv("VMOS_MODE");
	bool system = center.system || (!center.session && g_strcmp0(mode, "system") == 0);
	bool session = center.session || (!center.system && g_strcmp0(mode, "session") == 0);

	load_style();
	g_application_hold(app); /* it waits for questions without a window */
	if (!center.no_menu) {
		center.menus[LINK_SYSTEM] = menu_new("system");
		center.menus[LINK_SESSION] = menu_new("session");
	}
	notes_open();
	if (system || !session)
		link_new(LINK_SYSTEM, &handlers);
	if (session || !system)
		link_new(LINK_SESSION, &handlers);
}

static void handle_activate(GApplication *app, gpointer userdata)
{
	/* the first start in the background is no wish to see anything */
	if (!center.background)
		notices_present(center.app);
	center.background = FALSE;
}

static const GOptionEntry options[] = {
	{ "background", 'b', 0, G_OPTION_ARG_NONE, &center.background, "Wait for questions without a window", NULL },
	{ "system", 0, 0, G_OPTION_ARG_NONE, &center.system, "Ask for the host's vmosd only", NULL },
	{ "session", 0, 0, G_OPTION_ARG_NONE, &center.session, "Ask for your own vmosd only", NULL },
	{ "no-menu", 0, 0, G_OPTION_ARG_NONE, &center.no_menu, "Leave the desktop's menu alone", NULL },
	{ 0 },
};

static int handle_options(GApplication *app, GVariantDict *dict, gpointer userdata)
{
	if (!g_variant_dict_contains(dict, "version"))
		return -1;
	g_print("vmos-center %s\n", VMOS_VERSION);
	return 0;
}

int main(int argc, char **argv)
{
	int r;

	log_open("vmos-center", NULL);
	g_set_prgname(APP_ID); /* is the app_id on Wayland; those of guests' windows are all "vmos.VM.APP" */
	g_setenv("GSK_RENDERER", "cairo", FALSE); /* a still window needs no 3D driver */
	center.app = gtk_application_new(APP_ID, G_APPLICATION_DEFAULT_FLAGS);
	g_application_add_main_option_entries(G_APPLICATION(center.app), options);
	g_application_add_main_option(G_APPLICATION(center.app), "version", 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE,
		"Print the version", NULL);
	g_signal_connect(center.app, "handle-local-options", G_CALLBACK(handle_options), NULL);
	g_signal_connect(center.app, "startup", G_CALLBACK(handle_startup), NULL);
	g_signal_connect(center.app, "activate", G_CALLBACK(handle_activate), NULL);
	r = g_application_run(G_APPLICATION(center.app), argc, argv);
	g_object_unref(center.app);
	return r;
}
