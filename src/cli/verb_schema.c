/* verb_schema.c - the verb table for other programs: as JSON, and as a bash completion. */
#include "cli/describe.h"
#include <stdio.h>
#include <string.h>

static const char *type_name(ga_field_type type)
{
    switch (type) {
    case GA_FIELD_FLAG:
        return "flag";
    case GA_FIELD_INT:
        return "integer";
    case GA_FIELD_NUMBER:
        return "number";
    case GA_FIELD_TEXT:
        return "text";
    case GA_FIELD_CHOICE:
        return "choice";
    case GA_FIELD_BYTES:
        return "bytes";
    case GA_FIELD_FILE:
        return "file";
    case GA_FIELD_OUTPUT:
        return "output";
    case GA_FIELD_PICTURE:
        return "picture";
    case GA_FIELD_FOLDER:
        return "folder";
    }
    return "text";
}

/* ---- JSON -------------------------------------------------------------------------------------*/

static json_t *field_json(const ga_field *f)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b}", "name", f->name, "type",
                          type_name(f->type), "help", f->help, "positional", f->positional,
                          "required", f->required, "many", f->many);
    if (f->letter != 0)
        json_object_set_new(o, "letter", json_stringn(&f->letter, 1));
    if (f->value != NULL)
        json_object_set_new(o, "value", json_string(f->value));
    if (f->unless != NULL)
        json_object_set_new(o, "required_unless", json_string(f->unless));
    if (f->fallback != NULL)
        json_object_set_new(o, "default", json_string(f->fallback));
    if ((f->type == GA_FIELD_INT || f->type == GA_FIELD_NUMBER) && (f->min != 0 || f->max != 0)) {
        json_object_set_new(o, "min", json_real(f->min));
        json_object_set_new(o, "max", json_real(f->max));
    }
    if (f->type == GA_FIELD_CHOICE) {
        json_t *choices = json_array();
        for (int i = 0; f->choices[i] != NULL; i++)
            json_array_append_new(choices, json_string(f->choices[i]));
        json_object_set_new(o, "choices", choices);
    }
    return o;
}

static json_t *fields_json(const ga_field *fields)
{
    json_t *list = json_array();
    for (const ga_field *f = fields; f->name != NULL; f++)
        json_array_append_new(list, field_json(f));
    return list;
}

static json_t *verb_json(const ga_verb *v)
{
    json_t *examples = json_array();
    for (const ga_example *e = v->examples; e != NULL && e->command != NULL; e++)
        json_array_append_new(examples,
                              json_pack("{s:s, s:s}", "command", e->command, "what", e->what));
    json_t *terms = json_array();
    for (const ga_term *term = v->terms; term != NULL && term->name != NULL; term++)
        json_array_append_new(terms,
                              json_pack("{s:s, s:s}", "name", term->name, "meaning", term->meaning));
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "name", v->name, "summary", v->summary,
                     "description", v->description != NULL ? v->description : "", "fields",
                     fields_json(v->fields), "examples", examples, "terms", terms);
}

json_t *ga_cli_schema(const ga_verb *const *verbs)
{
    json_t *list = json_array(), *statuses = json_array();
    for (int i = 0; verbs[i] != NULL; i++)
        json_array_append_new(list, verb_json(verbs[i]));
#define STATUS_ROW(label, exit_code, http_code, words)                                             \
    json_array_append_new(statuses, json_pack("{s:s, s:i, s:i, s:s}", "name", #label, "exit",      \
                                              exit_code, "http", http_code, "words", words));
    GA_STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
    return json_pack("{s:s, s:o, s:o, s:o}", "version", GA_VERSION, "common_fields",
                     fields_json(ga_common_fields), "verbs", list, "statuses", statuses);
}

/* ---- bash completion --------------------------------------------------------------------------*/

static void option_words(ga_text *t, const ga_field *fields)
{
    for (const ga_field *f = fields; f->name != NULL; f++)
        if (!f->positional)
            ga_text_addf(t, " --%s", f->name);
}

/* Cases of `previous word` that say what the value of an option can be. */
static void value_cases(ga_text *t, const ga_verb *verb)
{
    for (const ga_field *f = verb->fields; f->name != NULL; f++) {
        if (f->positional || f->type == GA_FIELD_FLAG)
            continue;
        ga_text_addf(t, "        '%s:--%s'", verb->name, f->name);
        if (f->letter != 0)
            ga_text_addf(t, "|'%s:-%c'", verb->name, f->letter);
        ga_text_add(t, ") ");
        if (f->type == GA_FIELD_CHOICE) {
            ga_text_add(t, "words='");
            for (int i = 0; f->choices[i] != NULL; i++)
                ga_text_addf(t, "%s%s", i > 0 ? " " : "", f->choices[i]);
            ga_text_add(t, "' ;;\n");
        } else {
            ga_text_addf(t, "kind=%s ;;\n",
                         f->type == GA_FIELD_FOLDER ? "folder"
                         : f->type == GA_FIELD_FILE || f->type == GA_FIELD_OUTPUT ||
                                 f->type == GA_FIELD_PICTURE || f->type == GA_FIELD_TEXT
                             ? "file"
                             : "none");
        }
    }
}

/* Each first word once, and the second words of each. */
static void verb_words(ga_text *t, const ga_verb *const *verbs)
{
    ga_text_add(t, "    local firsts='help");
    for (int i = 0; verbs[i] != NULL; i++) {
        const size_t length = strcspn(verbs[i]->name, " ");
        bool seen = false;
        for (int j = 0; j < i; j++)
            seen = seen || (strcspn(verbs[j]->name, " ") == length &&
                            strncmp(verbs[j]->name, verbs[i]->name, length) == 0);
        if (!seen)
            ga_text_addf(t, " %.*s", (int)length, verbs[i]->name);
    }
    ga_text_add(t, "'\n    local pairs='");
    for (int i = 0; verbs[i] != NULL; i++)
        if (strchr(verbs[i]->name, ' ') != NULL)
            ga_text_addf(t, "%s\n", verbs[i]->name);
    ga_text_add(t, "'\n");
}

static const char completion_head[] =
    "# bash completion of ganatomy; made from its verb table by `ganatomy --completion bash`\n"
    "_ganatomy()\n{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local verb='' word i words='' kind=file\n";

static const char completion_verb[] =
    "    local first='' second=''\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        [[ $word == -* ]] && continue\n"
    "        if [[ -z $first ]]; then first=$word; elif [[ -z $second ]]; then second=$word; fi\n"
    "    done\n"
    "    if [[ $first == help ]]; then first=$second second=''; fi\n"
    "    if [[ -z $first ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$firsts --help --version --schema\" -- \"$current\"))\n"
    "        return\n"
    "    fi\n"
    "    verb=$first\n"
    "    if [[ $'\\n'$pairs == *$'\\n'\"$first \"* ]]; then\n"
    "        if [[ -n $second ]]; then\n"
    "            verb=\"$first $second\"\n"
    "        elif [[ $current != -* ]]; then\n"
    "            words=$(sed -n \"s/^$first //p\" <<<\"$pairs\")\n"
    "            COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
    "            return\n"
    "        fi\n"
    "    fi\n"
    "    case \"$verb:$previous\" in\n";

static const char completion_tail[] =
    "    esac\n"
    "    if [[ -n $words ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
    "    elif [[ $kind == folder ]]; then\n"
    "        COMPREPLY=($(compgen -d -- \"$current\"))\n"
    "    elif [[ $kind == file ]]; then\n"
    "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
    "    fi\n"
    "}\n"
    "complete -o filenames -F _ganatomy ganatomy\n";

void ga_cli_bash_completion(const ga_verb *const *verbs, ga_text *t)
{
    ga_text_add(t, completion_head);
    verb_words(t, verbs);
    ga_text_add(t, completion_verb);
    for (int i = 0; verbs[i] != NULL; i++)
        value_cases(t, verbs[i]);
    ga_text_add(t,
                "        *:--home) kind=folder ;;\n        *:--threads|*:--memory) kind=none ;;\n"
                "        *) if [[ $current == -* ]]; then\n            case \"$verb\" in\n");
    for (int i = 0; verbs[i] != NULL; i++) {
        ga_text_addf(t, "            '%s') words='", verbs[i]->name);
        option_words(t, verbs[i]->fields);
        option_words(t, ga_common_fields);
        ga_text_add(t, "' ;;\n");
    }
    ga_text_add(t, "            esac\n        fi ;;\n");
    ga_text_add(t, completion_tail);
}
