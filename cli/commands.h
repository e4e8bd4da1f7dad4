/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands: each in the file of its name. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

int agent_main(int argc, char **argv);
int clock_main(int argc, char **argv);
int create_main(int argc, char **argv);
int delete_main(int argc, char **argv);
int drill_main(int argc, char **argv);
int fetch_main(int argc, char **argv);
int list_main(int argc, char **argv);
int log_main(int argc, char **argv);
int menu_main(int argc, char **argv);
int mic_main(int argc, char **argv);
int net_main(int argc, char **argv);
int open_main(int argc, char **argv);
int pause_main(int argc, char **argv);
int resume_main(int argc, char **argv);
int rule_main(int argc, char **argv);
int run_main(int argc, char **argv);
int send_main(int argc, char **argv);
int set_main(int argc, char **argv);
int shell_main(int argc, char **argv);
int show_main(int argc, char **argv);
int start_main(int argc, char **argv);
int status_main(int argc, char **argv);
int stop_main(int argc, char **argv);
int template_main(int argc, char **argv);
int top_main(int argc, char **argv);
int transfer_main(int argc, char **argv);
int why_main(int argc, char **argv);

#endif
