--
-- PostgreSQL database dump
--

\restrict 1tdGf14cU4gXOHi9LWfAunp5uZ3pygeH27rRI1H0Jt7x0svGjdCELv8bp99x6Ks

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: _sqlx_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);


--
-- Name: access_revision; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.access_revision (
    one bigint NOT NULL,
    revision bigint NOT NULL,
    CONSTRAINT access_revision_one_check CHECK ((one = 1))
);


--
-- Name: answers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.answers (
    mutation text NOT NULL COLLATE pg_catalog."C",
    fingerprint bigint NOT NULL,
    seq bigint,
    refusal text,
    at bigint NOT NULL
);


--
-- Name: board_list; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.board_list (
    one bigint NOT NULL,
    revision bigint NOT NULL,
    CONSTRAINT board_list_one_check CHECK ((one = 1))
);


--
-- Name: board_members; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.board_members (
    board text NOT NULL,
    person text NOT NULL,
    role text NOT NULL
);


--
-- Name: boards; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.boards (
    id text NOT NULL,
    name text NOT NULL,
    seq bigint NOT NULL,
    created_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    deleted_at bigint,
    log_start bigint DEFAULT 1 NOT NULL,
    everyone text,
    name_seq bigint DEFAULT 0 NOT NULL,
    listed bigint DEFAULT 1 NOT NULL
);


--
-- Name: changes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.changes (
    board text NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    mutation text NOT NULL,
    fingerprint bigint NOT NULL,
    json text NOT NULL,
    task text,
    told text
);


--
-- Name: columns; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.columns (
    board text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    rank text NOT NULL COLLATE pg_catalog."C",
    seq bigint DEFAULT 0 NOT NULL
);


--
-- Name: identities; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    person text NOT NULL
);


--
-- Name: installation_key; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.installation_key (
    one bigint NOT NULL,
    key text NOT NULL,
    unsealed_links_until bigint NOT NULL,
    CONSTRAINT installation_key_one_check CHECK ((one = 1))
);


--
-- Name: instance; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.instance (
    one integer NOT NULL,
    id text NOT NULL,
    CONSTRAINT instance_one_check CHECK ((one = 1))
);


--
-- Name: known_devices; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.known_devices (
    hash text NOT NULL,
    person text NOT NULL,
    created_at bigint NOT NULL
);


--
-- Name: one_time_links; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.one_time_links (
    hash text NOT NULL,
    id text NOT NULL,
    purpose text NOT NULL,
    created_by text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint,
    used_by text,
    settled bigint DEFAULT 0 NOT NULL
);


--
-- Name: people; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.people (
    id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    password text,
    created_at bigint NOT NULL,
    deactivated_at bigint,
    credentials bigint DEFAULT 1 NOT NULL,
    email_proved_at bigint
);


--
-- Name: sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sessions (
    hash text NOT NULL,
    id text NOT NULL,
    person text,
    data text NOT NULL,
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint
);


--
-- Name: share_links; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.share_links (
    hash text NOT NULL,
    id text NOT NULL,
    board text NOT NULL,
    created_by text,
    created_at bigint NOT NULL,
    revoked_at bigint
);


--
-- Name: tasks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tasks (
    id text NOT NULL,
    board text NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    column_id text NOT NULL,
    rank text NOT NULL COLLATE pg_catalog."C",
    priority text NOT NULL,
    due text,
    reopen_column text,
    created_at bigint NOT NULL,
    created_by text,
    updated_at bigint NOT NULL,
    updated_by text,
    deleted_at bigint,
    seq bigint NOT NULL,
    title_seq bigint NOT NULL,
    description_seq bigint NOT NULL,
    priority_seq bigint DEFAULT 0 NOT NULL,
    due_seq bigint DEFAULT 0 NOT NULL,
    place_seq bigint DEFAULT 0 NOT NULL,
    assignees text DEFAULT ''::text NOT NULL,
    assignees_seq bigint DEFAULT 0 NOT NULL
);


--
-- Name: tokens; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tokens (
    hash text NOT NULL,
    id text NOT NULL,
    person text NOT NULL,
    name text NOT NULL,
    scope text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    used_at bigint,
    revoked_at bigint
);


--
-- Name: upkeep; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.upkeep (
    one integer NOT NULL,
    forgotten_before bigint NOT NULL,
    believed_at bigint,
    CONSTRAINT upkeep_one_check CHECK ((one = 1))
);


--
-- Name: write_probe; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.write_probe (
    at bigint NOT NULL
);


--
-- Data for Name: _sqlx_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public._sqlx_migrations VALUES (1, 'boards', '2026-11-28 09:18:37.412913+00', true, '\x64477ea845e475db2d8271ac0e57a69c66ab0740f98dc0fa115c84cfb795f72e1bf361016a924eb774d3e03697f0bd1c', 20341613);
INSERT INTO public._sqlx_migrations VALUES (2, 'accounts', '2026-11-28 09:18:37.434494+00', true, '\x07971a69f186663a07370f5a031ec9f6cd9da7c57c0cc8e277db84fb32ed4d9aea774ee84972c5d64f1128d24efc304e', 37467015);
INSERT INTO public._sqlx_migrations VALUES (3, 'history', '2026-11-28 09:18:37.473158+00', true, '\x36389ccbb9a5aae2ba607b38d23b8b3793b6f8dbfe6f2450ac9582490fcec9f63f8dc67bf9a89b0d15b51607ffb03e05', 6645982);
INSERT INTO public._sqlx_migrations VALUES (4, 'assignees', '2026-11-28 09:18:37.480755+00', true, '\xa4b453fc298855ef9750b33eef2878abc906fcc94c3ca870e11f3a47f68b93c3293abb5aafbc06f6d29b0331bac380a0', 2319810);
INSERT INTO public._sqlx_migrations VALUES (5, 'write probe', '2026-11-28 09:18:37.483886+00', true, '\x61b7021e34dfb1c520d1f2d51dc47f90505dc5c18277a3146d41a90100f8fdb07b959b7aa79144fd504e82f494b0a261', 3165125);
INSERT INTO public._sqlx_migrations VALUES (6, 'proofs', '2026-11-28 09:18:37.488466+00', true, '\x13f08b0d8ef6c120d51447ecf88f4b6732c857731222169947049efe71b73e71516b4e9c48393a00f8d97ddd2fb0f7a7', 3858555);
INSERT INTO public._sqlx_migrations VALUES (7, 'answers', '2026-11-28 09:18:37.493648+00', true, '\x45258a2b6030f37503db7b584d594b16c2373b2a1b35cfc2916642942cad11acbe2f4d276d245b9dc43dce5a274f1d82', 7949075);
INSERT INTO public._sqlx_migrations VALUES (8, 'load', '2026-11-28 09:18:37.502189+00', true, '\xcf6a566a9c7cb220e5702e824600eb5068988b5728cd261baafe16827b3b50e55d7985220d70a432322c74687f940df2', 11653913);
INSERT INTO public._sqlx_migrations VALUES (9, 'instance', '2026-11-28 09:18:37.514573+00', true, '\x93e00d14163d5bf9b0ea5c442c4519f6541c85104c84f1f37db89354618771444a3ac1cd3118a36e923b8f8b4dbbfcda', 9807420);


--
-- Data for Name: access_revision; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.access_revision VALUES (1, 8);


--
-- Data for Name: answers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: board_list; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.board_list VALUES (1, 9);


--
-- Data for Name: board_members; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.board_members VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', '01a22173-0c7e-72f3-9151-594a7f6b1d3e', 'manager');
INSERT INTO public.board_members VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', '01a22173-0cf9-7539-b90b-5152fb64694f', 'editor');
INSERT INTO public.board_members VALUES ('01a22173-0f09-778b-aba9-2c510a5f5ecc', '01a22173-0c7e-72f3-9151-594a7f6b1d3e', 'manager');


--
-- Data for Name: boards; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.boards VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 'Garden “2026” 🌱', 23, 1795857518054, 1795857518333, NULL, 1, 'viewer', 2, 7);
INSERT INTO public.boards VALUES ('01a22173-0f09-778b-aba9-2c510a5f5ecc', 'Gone', 2, 1795857518346, 1795857518367, 1795857518367, 1, NULL, 0, 9);


--
-- Data for Name: changes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 1, 1795857518054, '01a22173-0de5-74b7-9bdf-211b7ba122b3', 3848581444582671633, '{"seq":1,"at":"2026-11-28T09:18:38.054Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0de5-74b7-9bdf-211b7ba122b3","kind":"board_created","name":"Garden","columns":[{"id":"be4493cc-10a0-5cab-8235-a8902fd42ff1","name":"To do","kind":"open","rank":"a0"},{"id":"6e6caad2-9858-5a74-8617-a2305d2d96f3","name":"Doing","kind":"active","rank":"a1"},{"id":"ae3ccdad-fd14-540b-89af-97ad78d35374","name":"Done","kind":"done","rank":"a2"}]}', NULL, '{"deeds":[{"created_board":"Garden"}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 2, 1795857518083, '01a22173-0e03-7059-bece-962055683a03', -2906778476281982304, '{"seq":2,"at":"2026-11-28T09:18:38.083Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e03-7059-bece-962055683a03","kind":"board_updated","name":"Garden “2026” 🌱"}', NULL, '{"deeds":[{"renamed_board":{"from":"Garden","to":"Garden “2026” 🌱"}}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 3, 1795857518092, '01a22173-0e0c-779e-8de9-8b6acec898d6', -3731372038851500154, '{"seq":3,"at":"2026-11-28T09:18:38.092Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e0c-779e-8de9-8b6acec898d6","kind":"member_set","person":"01a22173-0cf9-7539-b90b-5152fb64694f","role":"editor"}', NULL, '{"deeds":[{"set_member":["01a22173-0cf9-7539-b90b-5152fb64694f","editor"]}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 4, 1795857518102, '01a22173-0e16-7269-b75a-dda61dbf0f3c', 3659680538501813942, '{"seq":4,"at":"2026-11-28T09:18:38.102Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e16-7269-b75a-dda61dbf0f3c","kind":"member_set","person":"01a22173-0d7c-71ee-9d0f-014833b01d6e","role":"viewer"}', NULL, '{"deeds":[{"set_member":["01a22173-0d7c-71ee-9d0f-014833b01d6e","viewer"]}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 5, 1795857518112, '01a22173-0e20-77cd-8831-3842d51f6f0f', 2598542132596088787, '{"seq":5,"at":"2026-11-28T09:18:38.112Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e20-77cd-8831-3842d51f6f0f","kind":"member_set","person":"01a22173-0d7c-71ee-9d0f-014833b01d6e"}', NULL, '{"deeds":[{"set_member":["01a22173-0d7c-71ee-9d0f-014833b01d6e",null]}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 6, 1795857518126, '01a22173-0e2e-70d8-926d-203187d58dc4', -4801955268168969182, '{"seq":6,"at":"2026-11-28T09:18:38.126Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e2e-70d8-926d-203187d58dc4","kind":"share_link_created","link":"01a22173-0e2b-7253-ab6a-65557437d084"}', NULL, '{"deeds":["made_share_link"]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 7, 1795857518144, '01a22173-0e40-7643-8f0a-f98f462a7916', -957053181909220258, '{"seq":7,"at":"2026-11-28T09:18:38.144Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e40-7643-8f0a-f98f462a7916","kind":"share_link_created","link":"01a22173-0e3e-765e-8325-c0a985e6188d"}', NULL, '{"deeds":["made_share_link"]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 8, 1795857518160, '01a22173-0e50-7465-aa18-400c48c9fcc5', 5035186342724692267, '{"seq":8,"at":"2026-11-28T09:18:38.160Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e50-7465-aa18-400c48c9fcc5","kind":"share_link_revoked","link":"01a22173-0e2b-7253-ab6a-65557437d084"}', NULL, '{"deeds":["revoked_share_link"]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 9, 1795857518175, '01a22173-0e5f-7024-899a-a72000455b08', -1763893945915303319, '{"seq":9,"at":"2026-11-28T09:18:38.175Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e5f-7024-899a-a72000455b08","kind":"column_created","column":{"id":"01a22173-0e5f-7024-899a-a72000455b08","name":"Review","kind":"active","rank":"a3"}}', NULL, '{"deeds":[{"added_column":"Review"}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 10, 1795857518184, '01a22173-0e68-7249-9bd5-2b3ff355725e', -5848062432134509737, '{"seq":10,"at":"2026-11-28T09:18:38.184Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e68-7249-9bd5-2b3ff355725e","kind":"column_updated","column":"01a22173-0e5f-7024-899a-a72000455b08","name":"In review","rank":"Zz"}', NULL, '{"deeds":[{"renamed_column":{"from":"Review","to":"In review"}},{"moved_column":"Review"}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 11, 1795857518193, '01a22173-0e71-7055-a61a-12b4d07327df', 7427434688933362457, '{"seq":11,"at":"2026-11-28T09:18:38.193Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e71-7055-a61a-12b4d07327df","kind":"column_created","column":{"id":"01a22173-0e71-7055-a61a-12b4d07327df","name":"Spare","kind":"open","rank":"a3"}}', NULL, '{"deeds":[{"added_column":"Spare"}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 12, 1795857518203, '01a22173-0e7b-7166-804a-177f66247032', 8284197171149583661, '{"seq":12,"at":"2026-11-28T09:18:38.203Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e7b-7166-804a-177f66247032","kind":"column_deleted","column":"01a22173-0e71-7055-a61a-12b4d07327df"}', NULL, '{"deeds":[{"deleted_column":"Spare"}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 13, 1795857518218, '01a22173-0e8a-7619-83c9-8a6e77fe49e9', -2465927426609523061, '{"seq":13,"at":"2026-11-28T09:18:38.218Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e8a-7619-83c9-8a6e77fe49e9","kind":"task_created","task":"01a22173-0e8a-7619-83c9-8a6e77fe49e9","title":"Plant beans","description":"The *climbing* kind.\n\n- 20 poles","column":"be4493cc-10a0-5cab-8235-a8902fd42ff1","rank":"a0","priority":"high","due":"2026-11-30","assignees":["01a22173-0c7e-72f3-9151-594a7f6b1d3e","01a22173-0cf9-7539-b90b-5152fb64694f"]}', '01a22173-0e8a-7619-83c9-8a6e77fe49e9', '{"title":"Plant beans","deeds":[{"created":"To do"},{"assigned":["01a22173-0c7e-72f3-9151-594a7f6b1d3e","01a22173-0cf9-7539-b90b-5152fb64694f"]}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 14, 1795857518239, '01a22173-0e9f-71eb-a4a8-083e0a66b5c7', -7398091816325271628, '{"seq":14,"at":"2026-11-28T09:18:38.239Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0e9f-71eb-a4a8-083e0a66b5c7","kind":"task_created","task":"01a22173-0e9f-71eb-a4a8-083e0a66b5c7","title":"Water them","column":"6e6caad2-9858-5a74-8617-a2305d2d96f3","rank":"a0"}', '01a22173-0e9f-71eb-a4a8-083e0a66b5c7', '{"title":"Water them","deeds":[{"created":"Doing"}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 15, 1795857518253, '01a22173-0ea9-70b7-b0a5-2cc06045e13e', -5882041568997630437, '{"seq":15,"at":"2026-11-28T09:18:38.253Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0ea9-70b7-b0a5-2cc06045e13e","kind":"task_updated","task":"01a22173-0e8a-7619-83c9-8a6e77fe49e9","title":"Plant runner beans","due":null,"unassigned":["01a22173-0cf9-7539-b90b-5152fb64694f"]}', '01a22173-0e8a-7619-83c9-8a6e77fe49e9', '{"title":"Plant beans","deeds":[{"renamed":{"from":"Plant beans","to":"Plant runner beans"}},{"set_due":null},{"unassigned":["01a22173-0cf9-7539-b90b-5152fb64694f"]}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 16, 1795857518264, '01a22173-0eb6-77ed-9875-677005a15543', -488896813442273082, '{"seq":16,"at":"2026-11-28T09:18:38.264Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0eb6-77ed-9875-677005a15543","kind":"task_updated","task":"01a22173-0e9f-71eb-a4a8-083e0a66b5c7","column":"ae3ccdad-fd14-540b-89af-97ad78d35374","rank":"a0"}', '01a22173-0e9f-71eb-a4a8-083e0a66b5c7', '{"title":"Water them","deeds":[{"completed":"Done"}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 17, 1795857518273, '01a22173-0ebf-7780-8d53-8561592fd235', 4172930748876588214, '{"seq":17,"at":"2026-11-28T09:18:38.273Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0ebf-7780-8d53-8561592fd235","kind":"task_updated","task":"01a22173-0e9f-71eb-a4a8-083e0a66b5c7","priority":"urgent","column":"6e6caad2-9858-5a74-8617-a2305d2d96f3","rank":"a0"}', '01a22173-0e9f-71eb-a4a8-083e0a66b5c7', '{"title":"Water them","deeds":[{"reopened":"Doing"},{"prioritised":"urgent"}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 18, 1795857518283, '01a22173-0ec9-7501-9cd5-4426a24b1a22', 5641945448713960719, '{"seq":18,"at":"2026-11-28T09:18:38.283Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0ec9-7501-9cd5-4426a24b1a22","kind":"task_updated","task":"01a22173-0e9f-71eb-a4a8-083e0a66b5c7","column":"01a22173-0e5f-7024-899a-a72000455b08","rank":"a0"}', '01a22173-0e9f-71eb-a4a8-083e0a66b5c7', '{"title":"Water them","deeds":[{"moved":{"from":"Doing","to":"In review"}}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 19, 1795857518291, '01a22173-0ed3-7447-bf06-caba827deba1', -4145388533504912012, '{"seq":19,"at":"2026-11-28T09:18:38.291Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0ed3-7447-bf06-caba827deba1","kind":"task_created","task":"01a22173-0ed3-7447-bf06-caba827deba1","title":"Pull weeds","column":"ae3ccdad-fd14-540b-89af-97ad78d35374","rank":"a0"}', '01a22173-0ed3-7447-bf06-caba827deba1', '{"title":"Pull weeds","deeds":[{"created":"Done"}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 20, 1795857518302, '01a22173-0edc-76a7-b2d1-cf720e82e110', -1505370860024675655, '{"seq":20,"at":"2026-11-28T09:18:38.302Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0edc-76a7-b2d1-cf720e82e110","kind":"task_deleted","task":"01a22173-0ed3-7447-bf06-caba827deba1"}', '01a22173-0ed3-7447-bf06-caba827deba1', '{"title":"Pull weeds","deeds":["deleted"]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 21, 1795857518313, '01a22173-0ee8-7530-9b6d-781242044bb0', 3310625457944015754, '{"seq":21,"at":"2026-11-28T09:18:38.313Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0ee8-7530-9b6d-781242044bb0","kind":"task_restored","task":"01a22173-0ed3-7447-bf06-caba827deba1","column":"ae3ccdad-fd14-540b-89af-97ad78d35374","rank":"a0"}', '01a22173-0ed3-7447-bf06-caba827deba1', '{"title":"Pull weeds","deeds":[{"restored":"Done"}]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 22, 1795857518324, '01a22173-0ef3-70ac-80a6-95bb31fac2f4', -1505370860024675655, '{"seq":22,"at":"2026-11-28T09:18:38.324Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0ef3-70ac-80a6-95bb31fac2f4","kind":"task_deleted","task":"01a22173-0ed3-7447-bf06-caba827deba1"}', '01a22173-0ed3-7447-bf06-caba827deba1', '{"title":"Pull weeds","deeds":["deleted"]}');
INSERT INTO public.changes VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 23, 1795857518333, '01a22173-0efd-714c-858b-d4f17f0fa2c9', -2567278344677760476, '{"seq":23,"at":"2026-11-28T09:18:38.333Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0efd-714c-858b-d4f17f0fa2c9","kind":"board_updated","everyone":"viewer"}', NULL, '{"deeds":[{"set_everyone":"viewer"}]}');
INSERT INTO public.changes VALUES ('01a22173-0f09-778b-aba9-2c510a5f5ecc', 1, 1795857518346, '01a22173-0f09-778b-aba9-2c510a5f5ecc', 2322245407096689515, '{"seq":1,"at":"2026-11-28T09:18:38.346Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0f09-778b-aba9-2c510a5f5ecc","kind":"board_created","name":"Gone","columns":[{"id":"dc2c3f6b-52fc-59f3-a4ad-674e5b4f4dd0","name":"To do","kind":"open","rank":"a0"},{"id":"8da5b396-9d97-52ac-93fd-df39637cbb12","name":"Doing","kind":"active","rank":"a1"},{"id":"95bab0ce-f95d-5e8e-8d8d-16f25f36f7fd","name":"Done","kind":"done","rank":"a2"}]}', NULL, '{"deeds":[{"created_board":"Gone"}]}');
INSERT INTO public.changes VALUES ('01a22173-0f09-778b-aba9-2c510a5f5ecc', 2, 1795857518367, '01a22173-0f1e-7065-a5f5-e574868e9bc2', 3681744496142143991, '{"seq":2,"at":"2026-11-28T09:18:38.367Z","by":"01a22173-0c7e-72f3-9151-594a7f6b1d3e","mutation":"01a22173-0f1e-7065-a5f5-e574868e9bc2","kind":"board_deleted"}', NULL, '{"deeds":["deleted_board"]}');


--
-- Data for Name: columns; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.columns VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', '6e6caad2-9858-5a74-8617-a2305d2d96f3', 'Doing', 'active', 'a1', 1);
INSERT INTO public.columns VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 'ae3ccdad-fd14-540b-89af-97ad78d35374', 'Done', 'done', 'a2', 1);
INSERT INTO public.columns VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', 'be4493cc-10a0-5cab-8235-a8902fd42ff1', 'To do', 'open', 'a0', 1);
INSERT INTO public.columns VALUES ('01a22173-0de5-74b7-9bdf-211b7ba122b3', '01a22173-0e5f-7024-899a-a72000455b08', 'In review', 'active', 'Zz', 10);
INSERT INTO public.columns VALUES ('01a22173-0f09-778b-aba9-2c510a5f5ecc', '8da5b396-9d97-52ac-93fd-df39637cbb12', 'Doing', 'active', 'a1', 1);
INSERT INTO public.columns VALUES ('01a22173-0f09-778b-aba9-2c510a5f5ecc', '95bab0ce-f95d-5e8e-8d8d-16f25f36f7fd', 'Done', 'done', 'a2', 1);
INSERT INTO public.columns VALUES ('01a22173-0f09-778b-aba9-2c510a5f5ecc', 'dc2c3f6b-52fc-59f3-a4ad-674e5b4f4dd0', 'To do', 'open', 'a0', 1);


--
-- Data for Name: identities; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: installation_key; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.installation_key VALUES (1, '3b159ba10acd0eb0873037d209530404d28195cd93f9377cbc6d5a3a5c923314', 0);


--
-- Data for Name: instance; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.instance VALUES (1, 'bc3051ee');


--
-- Data for Name: known_devices; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: one_time_links; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.one_time_links VALUES ('f72d1a79308038ec3c1ee2e1ad62625d85ed069684b1cf1a65aaf78f450619f9', '01a22173-0bf4-7272-b758-54ed8f0ab462', '{"purpose":"first_visit"}', NULL, 1795857517556, 1827393517556, NULL, NULL, 0);


--
-- Data for Name: people; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.people VALUES ('01a22173-0c7e-72f3-9151-594a7f6b1d3e', 'Ana', 'ana@example.com', 'owner', '$argon2id$v=19$m=19456,t=2,p=1$LNVsE5glOM/t7n1QuYJGQg$VqbZHBelBxOuGHrzOpqhR/YV4jmqoaEwraCdEXVzRME', 1795857517694, NULL, 1, 1795857517694);
INSERT INTO public.people VALUES ('01a22173-0cf9-7539-b90b-5152fb64694f', 'Ben', 'ben@example.com', 'member', '$argon2id$v=19$m=19456,t=2,p=1$hPAfnAnFYCNFa5h7g/GYlQ$lWE1aVbMDXxaAXwYYKlCK/kd5sMkrpssjvqQxoaIQZg', 1795857517817, NULL, 1, 1795857517817);
INSERT INTO public.people VALUES ('01a22173-0d7c-71ee-9d0f-014833b01d6e', 'Cleo', 'cleo@example.com', 'member', '$argon2id$v=19$m=19456,t=2,p=1$HJ5Ym2o5oe3aHhnEX5/i2A$UgrfDeTSlK7mnUHv/pnwdXs216cSPS/7+8q3l04JWi8', 1795857517948, NULL, 1, 1795857517948);


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: share_links; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.share_links VALUES ('96ba93d6c3d1c254df837d40f2a5ecdb1b08c3a45c50497be399fe3db02fa996', '01a22173-0e3e-765e-8325-c0a985e6188d', '01a22173-0de5-74b7-9bdf-211b7ba122b3', '01a22173-0c7e-72f3-9151-594a7f6b1d3e', 1795857518144, NULL);
INSERT INTO public.share_links VALUES ('80aca570818e3ab3763455b260b710f345652f3da70ada9e9dec9d1ae4da0a9a', '01a22173-0e2b-7253-ab6a-65557437d084', '01a22173-0de5-74b7-9bdf-211b7ba122b3', '01a22173-0c7e-72f3-9151-594a7f6b1d3e', 1795857518126, 1795857518160);


--
-- Data for Name: tasks; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tasks VALUES ('01a22173-0e8a-7619-83c9-8a6e77fe49e9', '01a22173-0de5-74b7-9bdf-211b7ba122b3', 'Plant runner beans', 'The *climbing* kind.

- 20 poles', 'be4493cc-10a0-5cab-8235-a8902fd42ff1', 'a0', 'high', NULL, NULL, 1795857518218, '01a22173-0c7e-72f3-9151-594a7f6b1d3e', 1795857518253, '01a22173-0c7e-72f3-9151-594a7f6b1d3e', NULL, 15, 15, 13, 0, 15, 0, '01a22173-0c7e-72f3-9151-594a7f6b1d3e', 15);
INSERT INTO public.tasks VALUES ('01a22173-0e9f-71eb-a4a8-083e0a66b5c7', '01a22173-0de5-74b7-9bdf-211b7ba122b3', 'Water them', '', '01a22173-0e5f-7024-899a-a72000455b08', 'a0', 'urgent', NULL, NULL, 1795857518239, '01a22173-0c7e-72f3-9151-594a7f6b1d3e', 1795857518283, '01a22173-0c7e-72f3-9151-594a7f6b1d3e', NULL, 18, 14, 14, 17, 0, 18, '', 0);
INSERT INTO public.tasks VALUES ('01a22173-0ed3-7447-bf06-caba827deba1', '01a22173-0de5-74b7-9bdf-211b7ba122b3', 'Pull weeds', '', 'ae3ccdad-fd14-540b-89af-97ad78d35374', 'a0', 'none', NULL, NULL, 1795857518291, '01a22173-0c7e-72f3-9151-594a7f6b1d3e', 1795857518324, '01a22173-0c7e-72f3-9151-594a7f6b1d3e', 1795857518324, 22, 19, 19, 0, 0, 22, '', 0);


--
-- Data for Name: tokens; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tokens VALUES ('f89830bb2540137606e339e4123288fb485d618b736e586d9bdb754ec45c3085', '01a22173-0dd3-75a6-b327-873b62d0d58a', '01a22173-0c7e-72f3-9151-594a7f6b1d3e', 'command line', 'admin', 1795857518035, NULL, 1795857518055, NULL);


--
-- Data for Name: upkeep; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.upkeep VALUES (1, 0, NULL);


--
-- Data for Name: write_probe; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.write_probe VALUES (0);


--
-- Name: _sqlx_migrations _sqlx_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);


--
-- Name: access_revision access_revision_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.access_revision
    ADD CONSTRAINT access_revision_pkey PRIMARY KEY (one);


--
-- Name: answers answers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (mutation);


--
-- Name: board_list board_list_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.board_list
    ADD CONSTRAINT board_list_pkey PRIMARY KEY (one);


--
-- Name: board_members board_members_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.board_members
    ADD CONSTRAINT board_members_pkey PRIMARY KEY (board, person);


--
-- Name: boards boards_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.boards
    ADD CONSTRAINT boards_pkey PRIMARY KEY (id);


--
-- Name: changes changes_mutation_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.changes
    ADD CONSTRAINT changes_mutation_key UNIQUE (mutation);


--
-- Name: changes changes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (board, seq);


--
-- Name: columns columns_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.columns
    ADD CONSTRAINT columns_pkey PRIMARY KEY (board, id);


--
-- Name: identities identities_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (issuer, subject);


--
-- Name: installation_key installation_key_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.installation_key
    ADD CONSTRAINT installation_key_pkey PRIMARY KEY (one);


--
-- Name: instance instance_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (one);


--
-- Name: known_devices known_devices_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.known_devices
    ADD CONSTRAINT known_devices_pkey PRIMARY KEY (hash);


--
-- Name: one_time_links one_time_links_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.one_time_links
    ADD CONSTRAINT one_time_links_id_key UNIQUE (id);


--
-- Name: one_time_links one_time_links_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.one_time_links
    ADD CONSTRAINT one_time_links_pkey PRIMARY KEY (hash);


--
-- Name: people people_email_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_email_key UNIQUE (email);


--
-- Name: people people_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (id);


--
-- Name: sessions sessions_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_id_key UNIQUE (id);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (hash);


--
-- Name: share_links share_links_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.share_links
    ADD CONSTRAINT share_links_id_key UNIQUE (id);


--
-- Name: share_links share_links_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.share_links
    ADD CONSTRAINT share_links_pkey PRIMARY KEY (hash);


--
-- Name: tasks tasks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);


--
-- Name: tokens tokens_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_id_key UNIQUE (id);


--
-- Name: tokens tokens_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (hash);


--
-- Name: upkeep upkeep_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upkeep
    ADD CONSTRAINT upkeep_pkey PRIMARY KEY (one);


--
-- Name: answers_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX answers_by_time ON public.answers USING btree (at);


--
-- Name: board_members_by_person; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX board_members_by_person ON public.board_members USING btree (person);


--
-- Name: boards_by_listing; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX boards_by_listing ON public.boards USING btree (listed);


--
-- Name: boards_open_to_everyone; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX boards_open_to_everyone ON public.boards USING btree (id) WHERE ((everyone IS NOT NULL) AND (deleted_at IS NULL));


--
-- Name: changes_by_task; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX changes_by_task ON public.changes USING btree (task, seq) WHERE (task IS NOT NULL);


--
-- Name: known_devices_by_person; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX known_devices_by_person ON public.known_devices USING btree (person, created_at);


--
-- Name: sessions_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_by_end ON public.sessions USING btree (ended_at);


--
-- Name: sessions_by_person; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_by_person ON public.sessions USING btree (person);


--
-- Name: share_links_by_board; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX share_links_by_board ON public.share_links USING btree (board);


--
-- Name: tasks_by_board; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tasks_by_board ON public.tasks USING btree (board);


--
-- Name: board_members board_members_board_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.board_members
    ADD CONSTRAINT board_members_board_fkey FOREIGN KEY (board) REFERENCES public.boards(id);


--
-- Name: changes changes_board_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.changes
    ADD CONSTRAINT changes_board_fkey FOREIGN KEY (board) REFERENCES public.boards(id);


--
-- Name: columns columns_board_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.columns
    ADD CONSTRAINT columns_board_fkey FOREIGN KEY (board) REFERENCES public.boards(id);


--
-- Name: identities identities_person_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);


--
-- Name: known_devices known_devices_person_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.known_devices
    ADD CONSTRAINT known_devices_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);


--
-- Name: one_time_links one_time_links_created_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.one_time_links
    ADD CONSTRAINT one_time_links_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.people(id);


--
-- Name: one_time_links one_time_links_used_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.one_time_links
    ADD CONSTRAINT one_time_links_used_by_fkey FOREIGN KEY (used_by) REFERENCES public.people(id);


--
-- Name: sessions sessions_person_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);


--
-- Name: share_links share_links_board_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.share_links
    ADD CONSTRAINT share_links_board_fkey FOREIGN KEY (board) REFERENCES public.boards(id);


--
-- Name: share_links share_links_created_by_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.share_links
    ADD CONSTRAINT share_links_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.people(id);


--
-- Name: tasks tasks_board_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_board_fkey FOREIGN KEY (board) REFERENCES public.boards(id);


--
-- Name: tokens tokens_person_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_person_fkey FOREIGN KEY (person) REFERENCES public.people(id);


--
-- PostgreSQL database dump complete
--

\unrestrict 1tdGf14cU4gXOHi9LWfAunp5uZ3pygeH27rRI1H0Jt7x0svGjdCELv8bp99x6Ks

