/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/notices.h"

static GtkWidget *window; /* NULL: not shown */
static GListStore *store; /* of GtkStringObject: a line each, the newest first */

static GListStore *lines(void)
{
	if (!store)
		store = g_list_store_new(GTK_TYPE_STRING_OBJECT);
	return store;
}

/* Without the claim: what shows notifications may read their text as markup. */
static void notify_desktop(GtkApplication *app, const struct question *q)
{
	GNotification *notification;

	if (!g_application_get_dbus_connection(G_APPLICATION(app)))
		return;
	notification = g_notification_new("vmOS");
	g_notification_set_body(notification, q->text);
	g_application_send_notification(G_APPLICATION(app), q->subject.name, notification);
	g_object_unref(notification);
}

void notices_add(GtkApplication *app, const struct question *q)
{
	GDateTime *time = g_date_time_new_now_local();
	char claim[QUESTION_TEXT_MAX], *clock = g_date_time_format(time, "%T"), *line;
	GtkStringObject *object;

	question_short_claim(q, 120, claim, sizeof(claim));
	line = q->claim[0] ? g_strdup_printf("%s   %s\n%s says it is: %s", clock, q->text, q->subject.name, claim)
			   : g_strdup_printf("%s   %s", clock, q->text);
	object = gtk_string_object_new(line);
	g_list_store_insert(lines(), 0, object);
	if (g_list_model_get_n_items(G_LIST_MODEL(lines())) > NOTICES_MAX)
		g_list_store_remove(lines(), NOTICES_MAX);
	g_object_unref(object);
	g_free(line);
	g_free(clock);
	g_date_time_unref(time);
	notify_desktop(app, q);
}

static GtkWidget *make_row(gpointer item, gpointer userdata)
{
	GtkWidget *label = gtk_label_new(gtk_string_object_get_string(item));

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_wrap(GTK_LABEL(label), TRUE);
	gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
	return label;
}

static void handle_destroy(GtkWidget *widget, gpointer userdata)
{
	window = NULL;
}

void notices_present(GtkApplication *app)
{
	GtkWidget *list, *scrolled, *empty;

	if (window) {
		gtk_window_present(GTK_WINDOW(window));
		return;
	}
	list = gtk_list_box_new();
	empty = gtk_label_new("Nothing has passed under a rule that says notify.\n"
			      "Questions come up by themselves, in windows of their own.");
	scrolled = gtk_scrolled_window_new();
	gtk_list_box_set_selection_mode(GTK_LIST_BOX(list), GTK_SELECTION_NONE);
	gtk_list_box_set_placeholder(GTK_LIST_BOX(list), empty);
	gtk_list_box_bind_model(GTK_LIST_BOX(list), G_LIST_MODEL(lines()), make_row, NULL, NULL);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), list);
	window = gtk_application_window_new(app);
	gtk_window_set_title(GTK_WINDOW(window), "vmOS: what passed between virtual machines");
	gtk_window_set_default_size(GTK_WINDOW(window), 640, 420);
	gtk_widget_add_css_class(window, "notices");
	gtk_window_set_child(GTK_WINDOW(window), scrolled);
	g_signal_connect(window, "destroy", G_CALLBACK(handle_destroy), NULL);
	gtk_window_present(GTK_WINDOW(window));
}
