/* SPDX-License-Identifier: GPL-2.0-or-later */
/* injector VMOS-TAP PLUG: a real vmos-tap between real switches, and everything that must not pass it. */
#include <stdio.h>

#include "tests/net/scene.h"

int main(int argc, char **argv)
{
	static struct scene scene;

	if (argc != 3) {
		fprintf(stderr, "Usage: injector VMOS-TAP PLUG\n");
		return 2;
	}
	stand_begin(argv[2]);
	scene_open(&scene);
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
