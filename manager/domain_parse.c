/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manager/domain_xml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/cleanup.h"
#include "policy/palette.h"
#include "proto/netplan.h"

static xmlNodePtr child(xmlNodePtr parent, const char *name, const char *ns)
{
	if (!parent)
		return NULL;
	for (xmlNodePtr at = parent->children; at; at = at->next) {
		bool same_ns = ns ? at->ns && strcmp((const char *)at->ns->href, ns) == 0 : !at->ns;

		if (at->type == XML_ELEMENT_NODE && same_ns && strcmp((const char *)at->name, name) == 0)
			return at;
	}
	return NULL;
}

/* An attribute into a buffer; false when it is missing or does not fit. */
static bool read_attribute(xmlNodePtr node, const char *name, char *dst, size_t cap)
{
	char *value cleanup_free = (char *)xmlGetNoNsProp(node, (const xmlChar *)name);

	return value && snprintf(dst, cap, "%s", value) < (int)cap;
}

static bool parse_number(const char *text, uint32_t *ret_value)
{
	char *end;
	unsigned long value;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || value > UINT32_MAX)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

static bool read_number(xmlNodePtr node, uint32_t *ret_value)
{
	char *text cleanup_free = node ? (char *)xmlNodeGetContent(node) : NULL;

	return text && parse_number(text, ret_value);
}

/* Those that it has: under emulation it may have more, see domain_xml.c. */
static bool read_vcpus(xmlNodePtr node, uint32_t *ret_value)
{
	char current[16];

	if (node && read_attribute(node, "current", current, sizeof(current)))
		return parse_number(current, ret_value);
	return read_number(node, ret_value);
}

static bool read_uuid(xmlNodePtr node, char *dst, size_t cap)
{
	char *text cleanup_free = node ? (char *)xmlNodeGetContent(node) : NULL;

	return text && strlen(text) == cap - 1 && snprintf(dst, cap, "%s", text) == (int)cap - 1;
}

/* libvirt gives memory back in KiB, whatever unit it was told. */
static bool read_memory(xmlNodePtr node, uint32_t *ret_mib)
{
	char unit[8] = "KiB";
	uint32_t value;

	if (!read_number(node, &value))
		return false;
	read_attribute(node, "unit", unit, sizeof(unit));
	if (strcmp(unit, "MiB") == 0)
		*ret_mib = value;
	else if (strcmp(unit, "KiB") == 0)
		*ret_mib = value / 1024;
	else
		return false;
	return true;
}

/* Cards are of NET VMs only. */
static bool read_cards(xmlNodePtr vm, struct vm_config *c)
{
	char list[PCI_LIST_MAX];

	if (!xmlHasProp(vm, (const xmlChar *)"pci"))
		return true;
	return read_attribute(vm, "pci", list, sizeof(list)) && list[0] && pci_list_parse(list, c->pci) == 0 &&
		strcmp(c->kind, VM_KIND_NET) == 0;
}

/* Of a definition that was written before there were networks all are missing. */
static bool read_network(xmlNodePtr vm, struct vm_config *c)
{
	char text[16];

	if (read_attribute(vm, "net-index", text, sizeof(text)) &&
		(!parse_number(text, &c->net_index) || c->net_index < 1 || c->net_index > NETPLAN_INDEX_MAX))
		return false;
	if (xmlHasProp(vm, (const xmlChar *)"net") &&
		(!read_attribute(vm, "net", c->net, sizeof(c->net)) || !text_is_vm_name(c->net)))
		return false;
	if (read_attribute(vm, "net-limit", text, sizeof(text)) &&
		(!parse_number(text, &c->net_limit) || c->net_limit > VM_NET_LIMIT_MAX))
		return false;
	if (strcmp(c->kind, VM_KIND_APP) != 0 && strcmp(c->kind, VM_KIND_NET) != 0)
		return false;
	return read_cards(vm, c);
}

/* As long as nobody says otherwise they are shown. */
static bool read_notifications(xmlNodePtr vm, struct vm_config *c)
{
	char text[8];

	if (!xmlHasProp(vm, (const xmlChar *)"notifications"))
		return true;
	c->quiet = read_attribute(vm, "notifications", text, sizeof(text)) && strcmp(text, "off") == 0;
	return c->quiet;
}

/* Of a definition that was written before there was another one it is missing. */
static bool read_carrier(xmlNodePtr vm, struct vm_config *c)
{
	char text[8];

	if (!xmlHasProp(vm, (const xmlChar *)"carrier"))
		return true;
	c->vsock = read_attribute(vm, "carrier", text, sizeof(text)) && strcmp(text, "vsock") == 0;
	return c->vsock;
}

/* A word that is "yes" or "no", where it is there. */
static bool read_word(xmlNodePtr vm, const char *name, bool *ret_yes)
{
	char text[8];

	if (!xmlHasProp(vm, (const xmlChar *)name))
		return true;
	if (!read_attribute(vm, name, text, sizeof(text)) || (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0))
		return false;
	*ret_yes = strcmp(text, "yes") == 0;
	return true;
}

/* Of a definition that was written before there was sound all are missing. */
static bool read_audio(xmlNodePtr vm, struct vm_config *c)
{
	bool audio = true;
	char text[16];

	c->volume = VM_VOLUME_MAX;
	if (read_attribute(vm, "volume", text, sizeof(text)) &&
		(!parse_number(text, &c->volume) || c->volume > VM_VOLUME_MAX))
		return false;
	if (!read_word(vm, "mute", &c->muted) || !read_word(vm, "audio", &audio))
		return false;
	c->no_audio = !audio;
	return true;
}

static int parse_domain(xmlNodePtr domain, struct vm_config *ret_config)
{
	xmlNodePtr vm = child(child(domain, "metadata", NULL), "vm", DOMAIN_XML_NAMESPACE);
	xmlNodePtr name_node = child(domain, "name", NULL);
	char *name cleanup_free = NULL;
	char color[16], timeout[16], uid[16];
	struct vm_config c = { 0 };

	if (!vm || !name_node)
		return -ENODATA;
	name = (char *)xmlNodeGetContent(name_node);
	if (!name || !text_is_vm_name(name))
		return -EBADMSG;
	snprintf(c.name, sizeof(c.name), "%s", name);
	if (!read_attribute(vm, "template", c.template, sizeof(c.template)) ||
		!read_uuid(child(domain, "uuid", NULL), c.uuid, sizeof(c.uuid)) ||
		!read_attribute(vm, "kind", c.kind, sizeof(c.kind)) ||
		!read_attribute(vm, "color", color, sizeof(color)) || palette_parse(color, &c.rgb) < 0 ||
		!read_attribute(vm, "ready-timeout", timeout, sizeof(timeout)) ||
		!parse_number(timeout, &c.ready_timeout) ||
		!read_memory(child(domain, "memory", NULL), &c.memory_mib) ||
		!read_vcpus(child(domain, "vcpu", NULL), &c.vcpus))
		return -EBADMSG;
	if (read_attribute(vm, "uid", uid, sizeof(uid)) && !parse_number(uid, &c.uid))
		return -EBADMSG;
	if (!read_network(vm, &c) || !read_notifications(vm, &c) || !read_audio(vm, &c) || !read_carrier(vm, &c))
		return -EBADMSG;
	*ret_config = c;
	return 0;
}

int domain_xml_parse(const char *xml, struct vm_config *ret_config)
{
	xmlDocPtr doc = xmlReadMemory(
		xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	int r;

	if (!doc)
		return -EBADMSG;
	r = parse_domain(xmlDocGetRootElement(doc), ret_config);
	xmlFreeDoc(doc);
	return r;
}
