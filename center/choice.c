/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "center/choice.h"

#define SWATCH 16

const struct party *choice_get(GtkWidget *choice, const struct question *q)
{
	guint at = gtk_drop_down_get_selected(GTK_DROP_DOWN(choice));

	/* the first line asks to choose */
	return at >= 1 && at <= q->nchoices ? &q->choices[at - 1] : NULL;
}

static void handle_draw(GtkDrawingArea *area, cairo_t *cr, int width, int height, gpointer userdata)
{
	const struct party *p = userdata;

	cairo_set_source_rgb(cr, (p->rgb >> 16 & 255) / 255.0, (p->rgb >> 8 & 255) / 255.0, (p->rgb & 255) / 255.0);
	cairo_rectangle(cr, 0, (height - SWATCH) / 2.0, SWATCH, SWATCH);
	cairo_fill(cr);
}

static void handle_setup(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer userdata)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 10), *swatch = gtk_drawing_area_new();
	GtkWidget *label = gtk_label_new(NULL);

	gtk_drawing_area_set_content_width(GTK_DRAWING_AREA(swatch), SWATCH);
	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_box_append(GTK_BOX(box), swatch);
	gtk_box_append(GTK_BOX(box), label);
	gtk_list_item_set_child(item, box);
}

static void handle_bind(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer userdata)
{
	const struct question *q = userdata;
	GtkWidget *swatch = gtk_widget_get_first_child(gtk_list_item_get_child(item));
	const char *text = gtk_string_object_get_string(gtk_list_item_get_item(item));
	guint at = gtk_list_item_get_position(item);
	bool is_vm = at >= 1 && at <= q->nchoices;

	gtk_widget_set_visible(swatch, is_vm);
	gtk_drawing_area_set_draw_func(GTK_DRAWING_AREA(swatch), is_vm ? handle_draw : NULL,
		is_vm ? (gpointer)&q->choices[at - 1] : NULL, NULL);
	gtk_label_set_text(GTK_LABEL(gtk_widget_get_next_sibling(swatch)), text);
}

GtkWidget *choice_new(const struct question *q)
{
	GtkStringList *names = gtk_string_list_new(NULL);
	GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
	GtkWidget *choice;

	gtk_string_list_append(names, "Choose a virtual machine");
	for (unsigned i = 0; i < q->nchoices; i++)
		gtk_string_list_append(names, q->choices[i].name);
	g_signal_connect(factory, "setup", G_CALLBACK(handle_setup), NULL);
	g_signal_connect(factory, "bind", G_CALLBACK(handle_bind), (gpointer)q);
	choice = gtk_drop_down_new(G_LIST_MODEL(names), NULL);
	gtk_drop_down_set_factory(GTK_DROP_DOWN(choice), factory);
	g_object_unref(factory);
	return choice;
}
