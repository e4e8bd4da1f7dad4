/* SPDX-License-Identifier: GPL-2.0-or-later */
/* injector VMOS-TAP PLUG: a real vmos-tap between real switches, and everything that must not pass it. */
#include <stdio.h>

#include "tests/net/scene.h"

static struct stand_plug switch_card(const char *name)
{
	stand_switch(name);
	return stand_plug(name);
}

static void switch_give(struct scene *s, struct tap_msg *m, const char *name)
{
	struct stand_plug plug = stand_plug(name);

	stand_tap_send(&s->tap, m, &plug);
	stand_close(&plug);
}

static const struct scene_fabric switches = { .card = switch_card, .give = switch_give };

int main(int argc, char **argv)
{
	static struct scene scene;

	if (argc != 3) {
		fprintf(stderr, "Usage: injector VMOS-TAP PLUG\n");
		return 2;
	}
	stand_begin(argv[2]);
	scene_open(&scene, &switches);
	scene_start(&scene, argv[1], -1);
	test_filter(&scene);
	test_bare(&scene);
	test_names(&scene);
	test_questions(&scene);
	test_cut(&scene);
	test_killed(&scene);
	test_full(&scene);
	test_orphan(&scene);
	test_many(&scene);
	return stand_end();
}
