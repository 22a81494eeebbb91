PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO _sqlx_migrations VALUES(1,'boards','2026-11-28 09:18:35',1,X'18276ab723d6b99e912a8b3b4b67cd8970ba41c751cd28ec4ad24881769a56be8608227ba44850900e6758637ca23146',1297462);
INSERT INTO _sqlx_migrations VALUES(2,'accounts','2026-11-28 09:18:35',1,X'a25a246246bd66f33b5e795f4792da8939525adb35009076bc3707ab95f35bb7d0759243cd40f07c54a8d81dd064f355',3113017);
INSERT INTO _sqlx_migrations VALUES(3,'history','2026-11-28 09:18:35',1,X'bd53a89212b9e337bc10ebd9d431d4b9fbc9e4e3cff0c60d9994b0b3759c6953066f8dba95d9bbc807109290059be3c4',4950673);
INSERT INTO _sqlx_migrations VALUES(4,'assignees','2026-11-28 09:18:35',1,X'39992ad31bf01ee77cf25b437a8942bbb59ac580a9123ab88a0e087d67d72ce105215d72bd14606a110909207e876a84',1733501);
INSERT INTO _sqlx_migrations VALUES(5,'write probe','2026-11-28 09:18:35',1,X'0e19a4c8ee961ad1426b62abda5b04ad021ddd8bb5cdca94990000adba18c8d02e0bc5ccb868694e0dec3e2e3103ade3',453981);
INSERT INTO _sqlx_migrations VALUES(6,'proofs','2026-11-28 09:18:35',1,X'c6a15b24c856d9a070a5e257b0a38a9758e253c7f877ec83637932d7fd5df4d7afc874a3583413139fb99d8c000a6ef3',1609378);
INSERT INTO _sqlx_migrations VALUES(7,'answers','2026-11-28 09:18:35',1,X'4333adffda6f30f6ce11478ebac9e8a132ca1319b97010d52324cd2b3cdbaf123e4caedf151562c908be13c20678710c',680076);
INSERT INTO _sqlx_migrations VALUES(8,'load','2026-11-28 09:18:35',1,X'ab181a0a569f7620ebd3ef47c32e6a5fd751eff955cc39134b65f81d052a286a3b6ae32a399d582716be92e2fba9b994',1764348);
INSERT INTO _sqlx_migrations VALUES(9,'instance','2026-11-28 09:18:35',1,X'd1956ee77eac7e177fcfcb0244e2c0475db78562390c8b3b169bb888dd434dd29d7b8b3a71332fda5238232b926280af',434354);
CREATE TABLE boards (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    -- The number of the newest change.
    seq        INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- The time of the newest change; the next one's is not before it.
    changed_at INTEGER NOT NULL,
    deleted_at INTEGER,
    -- The number of the oldest change that is still in the log.
    log_start  INTEGER NOT NULL DEFAULT 1
, everyone TEXT, name_seq INTEGER NOT NULL DEFAULT 0, listed INTEGER NOT NULL DEFAULT 1) STRICT, WITHOUT ROWID;
INSERT INTO boards VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd','Garden “2026” 🌱',23,1795857515448,1795857515666,NULL,1,'viewer',2,7);
INSERT INTO boards VALUES('01a22173-049b-7707-93d0-09974a264872','Gone',2,1795857515675,1795857515684,1795857515684,1,NULL,0,9);
CREATE TABLE columns (
    board TEXT NOT NULL REFERENCES boards (id),
    id    TEXT NOT NULL,
    name  TEXT NOT NULL,
    kind  TEXT NOT NULL,
    rank  TEXT NOT NULL, seq INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (board, id)
) STRICT, WITHOUT ROWID;
INSERT INTO columns VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd','01a22173-0411-74b8-9545-4acc82be75ed','In review','active','Zz',10);
INSERT INTO columns VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd','5eb7426c-ad2a-5297-b783-67e6d333cac7','Done','done','a2',1);
INSERT INTO columns VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd','ad524c22-9313-5d04-99ef-a8d3d32da2d7','Doing','active','a1',1);
INSERT INTO columns VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd','c90840f4-f90d-563c-bdd6-cc07598b255c','To do','open','a0',1);
INSERT INTO columns VALUES('01a22173-049b-7707-93d0-09974a264872','10f45774-7ef5-52ae-a71c-b74828ce9286','Doing','active','a1',1);
INSERT INTO columns VALUES('01a22173-049b-7707-93d0-09974a264872','2aa90ef9-408c-5209-825e-e9dab995515d','Done','done','a2',1);
INSERT INTO columns VALUES('01a22173-049b-7707-93d0-09974a264872','2ae36413-77d5-5984-9377-b8d084957c34','To do','open','a0',1);
CREATE TABLE tasks (
    id              TEXT PRIMARY KEY,
    board           TEXT NOT NULL REFERENCES boards (id),
    title           TEXT NOT NULL,
    description     TEXT NOT NULL,
    column_id       TEXT NOT NULL,
    rank            TEXT NOT NULL,
    priority        TEXT NOT NULL,
    due             TEXT,
    reopen_column   TEXT,
    created_at      INTEGER NOT NULL,
    created_by      TEXT,
    updated_at      INTEGER NOT NULL,
    updated_by      TEXT,
    deleted_at      INTEGER,
    seq             INTEGER NOT NULL,
    title_seq       INTEGER NOT NULL,
    description_seq INTEGER NOT NULL
, priority_seq INTEGER NOT NULL DEFAULT 0, due_seq INTEGER NOT NULL DEFAULT 0, place_seq INTEGER NOT NULL DEFAULT 0, assignees TEXT NOT NULL DEFAULT '', assignees_seq INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO tasks VALUES('01a22173-0432-7719-beca-e9dc1837a3d6','01a22173-03b8-703a-a5c2-09c8c4277cdd','Plant runner beans',replace('The *climbing* kind.\n\n- 20 poles','\n',char(10)),'c90840f4-f90d-563c-bdd6-cc07598b255c','a0','high',NULL,NULL,1795857515570,'01a22173-02b7-77f1-a118-03e881349ce7',1795857515591,'01a22173-02b7-77f1-a118-03e881349ce7',NULL,15,15,13,0,15,0,'01a22173-02b7-77f1-a118-03e881349ce7',15);
INSERT INTO tasks VALUES('01a22173-043c-70af-b509-fecb7e1a8d5e','01a22173-03b8-703a-a5c2-09c8c4277cdd','Water them','','01a22173-0411-74b8-9545-4acc82be75ed','a0','urgent',NULL,NULL,1795857515580,'01a22173-02b7-77f1-a118-03e881349ce7',1795857515626,'01a22173-02b7-77f1-a118-03e881349ce7',NULL,18,14,14,17,0,18,'',0);
INSERT INTO tasks VALUES('01a22173-0471-7739-9849-dd61d0dff8e2','01a22173-03b8-703a-a5c2-09c8c4277cdd','Pull weeds','','5eb7426c-ad2a-5297-b783-67e6d333cac7','a0','none',NULL,NULL,1795857515633,'01a22173-02b7-77f1-a118-03e881349ce7',1795857515658,'01a22173-02b7-77f1-a118-03e881349ce7',1795857515658,22,19,19,0,0,22,'',0);
CREATE TABLE changes (
    board       TEXT NOT NULL REFERENCES boards (id),
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    -- The request it answers, and a hash that tells a repetition from another request under the same id.
    mutation    TEXT NOT NULL UNIQUE,
    fingerprint INTEGER NOT NULL,
    -- The change as it is sent.
    json        TEXT NOT NULL, task TEXT, told TEXT,
    PRIMARY KEY (board, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',1,1795857515448,'01a22173-03b8-703a-a5c2-09c8c4277cdd',-5414864190098852013,'{"seq":1,"at":"2026-11-28T09:18:35.448Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-03b8-703a-a5c2-09c8c4277cdd","kind":"board_created","name":"Garden","columns":[{"id":"c90840f4-f90d-563c-bdd6-cc07598b255c","name":"To do","kind":"open","rank":"a0"},{"id":"ad524c22-9313-5d04-99ef-a8d3d32da2d7","name":"Doing","kind":"active","rank":"a1"},{"id":"5eb7426c-ad2a-5297-b783-67e6d333cac7","name":"Done","kind":"done","rank":"a2"}]}',NULL,'{"deeds":[{"created_board":"Garden"}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',2,1795857515462,'01a22173-03c6-759b-a77d-f2a0cf9ad6d0',-1943353534505678923,'{"seq":2,"at":"2026-11-28T09:18:35.462Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-03c6-759b-a77d-f2a0cf9ad6d0","kind":"board_updated","name":"Garden “2026” 🌱"}',NULL,'{"deeds":[{"renamed_board":{"from":"Garden","to":"Garden “2026” 🌱"}}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',3,1795857515473,'01a22173-03d1-704c-9bd7-e5005a9f8681',2389095867483524911,'{"seq":3,"at":"2026-11-28T09:18:35.473Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-03d1-704c-9bd7-e5005a9f8681","kind":"member_set","person":"01a22173-0318-7366-8c3e-edb60bc14052","role":"editor"}',NULL,'{"deeds":[{"set_member":["01a22173-0318-7366-8c3e-edb60bc14052","editor"]}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',4,1795857515483,'01a22173-03db-724a-b835-e89ee4bf82b9',8133367780035456821,'{"seq":4,"at":"2026-11-28T09:18:35.483Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-03db-724a-b835-e89ee4bf82b9","kind":"member_set","person":"01a22173-037e-7768-9714-3736c7f49c49","role":"viewer"}',NULL,'{"deeds":[{"set_member":["01a22173-037e-7768-9714-3736c7f49c49","viewer"]}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',5,1795857515493,'01a22173-03e5-751e-9ed6-fc6a2349285b',-1294861308695489744,'{"seq":5,"at":"2026-11-28T09:18:35.493Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-03e5-751e-9ed6-fc6a2349285b","kind":"member_set","person":"01a22173-037e-7768-9714-3736c7f49c49"}',NULL,'{"deeds":[{"set_member":["01a22173-037e-7768-9714-3736c7f49c49",null]}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',6,1795857515503,'01a22173-03ef-72e4-a446-3ce98b746bfc',-7908255785011125383,'{"seq":6,"at":"2026-11-28T09:18:35.503Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-03ef-72e4-a446-3ce98b746bfc","kind":"share_link_created","link":"01a22173-03ee-7634-bb51-b068ecbabacd"}',NULL,'{"deeds":["made_share_link"]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',7,1795857515516,'01a22173-03fc-72b0-b3b4-cffe440b24dd',-428912446438179181,'{"seq":7,"at":"2026-11-28T09:18:35.516Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-03fc-72b0-b3b4-cffe440b24dd","kind":"share_link_created","link":"01a22173-03fb-7272-bb46-851363409a78"}',NULL,'{"deeds":["made_share_link"]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',8,1795857515525,'01a22173-0405-7776-86df-693533f82d80',-6909878614853445006,'{"seq":8,"at":"2026-11-28T09:18:35.525Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0405-7776-86df-693533f82d80","kind":"share_link_revoked","link":"01a22173-03ee-7634-bb51-b068ecbabacd"}',NULL,'{"deeds":["revoked_share_link"]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',9,1795857515537,'01a22173-0411-74b8-9545-4acc82be75ed',-3022328331035468239,'{"seq":9,"at":"2026-11-28T09:18:35.537Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0411-74b8-9545-4acc82be75ed","kind":"column_created","column":{"id":"01a22173-0411-74b8-9545-4acc82be75ed","name":"Review","kind":"active","rank":"a3"}}',NULL,'{"deeds":[{"added_column":"Review"}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',10,1795857515546,'01a22173-041a-711b-94d5-363aa1200f38',5865036488757571019,'{"seq":10,"at":"2026-11-28T09:18:35.546Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-041a-711b-94d5-363aa1200f38","kind":"column_updated","column":"01a22173-0411-74b8-9545-4acc82be75ed","name":"In review","rank":"Zz"}',NULL,'{"deeds":[{"renamed_column":{"from":"Review","to":"In review"}},{"moved_column":"Review"}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',11,1795857515553,'01a22173-0421-77c3-b04b-6a64995a488b',-6662662886108813815,'{"seq":11,"at":"2026-11-28T09:18:35.553Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0421-77c3-b04b-6a64995a488b","kind":"column_created","column":{"id":"01a22173-0421-77c3-b04b-6a64995a488b","name":"Spare","kind":"open","rank":"a3"}}',NULL,'{"deeds":[{"added_column":"Spare"}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',12,1795857515561,'01a22173-0429-74f9-90e2-2c899eaf5664',-392563131020144771,'{"seq":12,"at":"2026-11-28T09:18:35.561Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0429-74f9-90e2-2c899eaf5664","kind":"column_deleted","column":"01a22173-0421-77c3-b04b-6a64995a488b"}',NULL,'{"deeds":[{"deleted_column":"Spare"}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',13,1795857515570,'01a22173-0432-7719-beca-e9dc1837a3d6',1202446775922909248,'{"seq":13,"at":"2026-11-28T09:18:35.570Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0432-7719-beca-e9dc1837a3d6","kind":"task_created","task":"01a22173-0432-7719-beca-e9dc1837a3d6","title":"Plant beans","description":"The *climbing* kind.\n\n- 20 poles","column":"c90840f4-f90d-563c-bdd6-cc07598b255c","rank":"a0","priority":"high","due":"2026-11-30","assignees":["01a22173-02b7-77f1-a118-03e881349ce7","01a22173-0318-7366-8c3e-edb60bc14052"]}','01a22173-0432-7719-beca-e9dc1837a3d6','{"title":"Plant beans","deeds":[{"created":"To do"},{"assigned":["01a22173-02b7-77f1-a118-03e881349ce7","01a22173-0318-7366-8c3e-edb60bc14052"]}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',14,1795857515580,'01a22173-043c-70af-b509-fecb7e1a8d5e',-6861260351046229094,'{"seq":14,"at":"2026-11-28T09:18:35.580Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-043c-70af-b509-fecb7e1a8d5e","kind":"task_created","task":"01a22173-043c-70af-b509-fecb7e1a8d5e","title":"Water them","column":"ad524c22-9313-5d04-99ef-a8d3d32da2d7","rank":"a0"}','01a22173-043c-70af-b509-fecb7e1a8d5e','{"title":"Water them","deeds":[{"created":"Doing"}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',15,1795857515591,'01a22173-0444-7467-b57b-5042f6adc6af',-2305262749018813762,'{"seq":15,"at":"2026-11-28T09:18:35.591Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0444-7467-b57b-5042f6adc6af","kind":"task_updated","task":"01a22173-0432-7719-beca-e9dc1837a3d6","title":"Plant runner beans","due":null,"unassigned":["01a22173-0318-7366-8c3e-edb60bc14052"]}','01a22173-0432-7719-beca-e9dc1837a3d6','{"title":"Plant beans","deeds":[{"renamed":{"from":"Plant beans","to":"Plant runner beans"}},{"set_due":null},{"unassigned":["01a22173-0318-7366-8c3e-edb60bc14052"]}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',16,1795857515601,'01a22173-0450-7722-877e-2b056a6a8eef',5339188424746165094,'{"seq":16,"at":"2026-11-28T09:18:35.601Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0450-7722-877e-2b056a6a8eef","kind":"task_updated","task":"01a22173-043c-70af-b509-fecb7e1a8d5e","column":"5eb7426c-ad2a-5297-b783-67e6d333cac7","rank":"a0"}','01a22173-043c-70af-b509-fecb7e1a8d5e','{"title":"Water them","deeds":[{"completed":"Done"}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',17,1795857515616,'01a22173-045e-7393-ac1b-ca66437b458f',1452152548701113814,'{"seq":17,"at":"2026-11-28T09:18:35.616Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-045e-7393-ac1b-ca66437b458f","kind":"task_updated","task":"01a22173-043c-70af-b509-fecb7e1a8d5e","priority":"urgent","column":"ad524c22-9313-5d04-99ef-a8d3d32da2d7","rank":"a0"}','01a22173-043c-70af-b509-fecb7e1a8d5e','{"title":"Water them","deeds":[{"reopened":"Doing"},{"prioritised":"urgent"}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',18,1795857515626,'01a22173-0469-71b8-ae0a-fdb21c7c664f',-7077685748101735088,'{"seq":18,"at":"2026-11-28T09:18:35.626Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0469-71b8-ae0a-fdb21c7c664f","kind":"task_updated","task":"01a22173-043c-70af-b509-fecb7e1a8d5e","column":"01a22173-0411-74b8-9545-4acc82be75ed","rank":"a0"}','01a22173-043c-70af-b509-fecb7e1a8d5e','{"title":"Water them","deeds":[{"moved":{"from":"Doing","to":"In review"}}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',19,1795857515633,'01a22173-0471-7739-9849-dd61d0dff8e2',-2669079262841301570,'{"seq":19,"at":"2026-11-28T09:18:35.633Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0471-7739-9849-dd61d0dff8e2","kind":"task_created","task":"01a22173-0471-7739-9849-dd61d0dff8e2","title":"Pull weeds","column":"5eb7426c-ad2a-5297-b783-67e6d333cac7","rank":"a0"}','01a22173-0471-7739-9849-dd61d0dff8e2','{"title":"Pull weeds","deeds":[{"created":"Done"}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',20,1795857515641,'01a22173-0478-7229-adc8-a7dca220223c',-7485502710170841525,'{"seq":20,"at":"2026-11-28T09:18:35.641Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0478-7229-adc8-a7dca220223c","kind":"task_deleted","task":"01a22173-0471-7739-9849-dd61d0dff8e2"}','01a22173-0471-7739-9849-dd61d0dff8e2','{"title":"Pull weeds","deeds":["deleted"]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',21,1795857515649,'01a22173-0480-751b-8e66-569ce87cc0c6',5119761706676588726,'{"seq":21,"at":"2026-11-28T09:18:35.649Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0480-751b-8e66-569ce87cc0c6","kind":"task_restored","task":"01a22173-0471-7739-9849-dd61d0dff8e2","column":"5eb7426c-ad2a-5297-b783-67e6d333cac7","rank":"a0"}','01a22173-0471-7739-9849-dd61d0dff8e2','{"title":"Pull weeds","deeds":[{"restored":"Done"}]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',22,1795857515658,'01a22173-0488-752b-b731-c5597dcf3521',-7485502710170841525,'{"seq":22,"at":"2026-11-28T09:18:35.658Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0488-752b-b731-c5597dcf3521","kind":"task_deleted","task":"01a22173-0471-7739-9849-dd61d0dff8e2"}','01a22173-0471-7739-9849-dd61d0dff8e2','{"title":"Pull weeds","deeds":["deleted"]}');
INSERT INTO changes VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd',23,1795857515666,'01a22173-0492-771b-acda-08e57a9982fd',4936736720261756901,'{"seq":23,"at":"2026-11-28T09:18:35.666Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-0492-771b-acda-08e57a9982fd","kind":"board_updated","everyone":"viewer"}',NULL,'{"deeds":[{"set_everyone":"viewer"}]}');
INSERT INTO changes VALUES('01a22173-049b-7707-93d0-09974a264872',1,1795857515675,'01a22173-049b-7707-93d0-09974a264872',-4128887211898556838,'{"seq":1,"at":"2026-11-28T09:18:35.675Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-049b-7707-93d0-09974a264872","kind":"board_created","name":"Gone","columns":[{"id":"2ae36413-77d5-5984-9377-b8d084957c34","name":"To do","kind":"open","rank":"a0"},{"id":"10f45774-7ef5-52ae-a71c-b74828ce9286","name":"Doing","kind":"active","rank":"a1"},{"id":"2aa90ef9-408c-5209-825e-e9dab995515d","name":"Done","kind":"done","rank":"a2"}]}',NULL,'{"deeds":[{"created_board":"Gone"}]}');
INSERT INTO changes VALUES('01a22173-049b-7707-93d0-09974a264872',2,1795857515684,'01a22173-04a4-7762-98c0-14a636418a5f',-834200111002095779,'{"seq":2,"at":"2026-11-28T09:18:35.684Z","by":"01a22173-02b7-77f1-a118-03e881349ce7","mutation":"01a22173-04a4-7762-98c0-14a636418a5f","kind":"board_deleted"}',NULL,'{"deeds":["deleted_board"]}');
CREATE TABLE access_revision (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO access_revision VALUES(1,8);
CREATE TABLE people (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    -- In lower case.
    email          TEXT NOT NULL UNIQUE,
    role           TEXT NOT NULL,
    -- Empty for those who sign in elsewhere (OpenID Connect).
    password       TEXT,
    created_at     INTEGER NOT NULL,
    deactivated_at INTEGER
, credentials INTEGER NOT NULL DEFAULT 1, email_proved_at INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO people VALUES('01a22173-02b7-77f1-a118-03e881349ce7','Ana','ana@example.com','owner','$argon2id$v=19$m=19456,t=2,p=1$yTX8HvTramgoerQ8tAL0KQ$32TCz4PXcidoo5JMqGbp57GwidOpMd/p6GSn1l4hWIY',1795857515191,NULL,1,1795857515191);
INSERT INTO people VALUES('01a22173-0318-7366-8c3e-edb60bc14052','Ben','ben@example.com','member','$argon2id$v=19$m=19456,t=2,p=1$XHgzoZlVfeBJbLOdDDOXyQ$KLY63JjADwbGxuJDQE2ODCjoXzThsPLTZTYhc0xWjY8',1795857515288,NULL,1,1795857515288);
INSERT INTO people VALUES('01a22173-037e-7768-9714-3736c7f49c49','Cleo','cleo@example.com','member','$argon2id$v=19$m=19456,t=2,p=1$VjYLi1qTnmzR0PQLB2sMNQ$IkX+FaCM2M/ygMXXY5/RU8/DLOQHowkspbSU6Kijz2Q',1795857515390,NULL,1,1795857515390);
CREATE TABLE identities (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    person  TEXT NOT NULL REFERENCES people (id),
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
    hash       TEXT PRIMARY KEY,
    -- What its owner calls it by.
    id         TEXT NOT NULL UNIQUE,
    -- Nobody yet, while somebody is on the way to a provider of identities.
    person     TEXT REFERENCES people (id),
    data       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Kept for a while, so that every node hears of the end.
    ended_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE tokens (
    hash       TEXT PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    person     TEXT NOT NULL REFERENCES people (id),
    name       TEXT NOT NULL,
    scope      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    used_at    INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO tokens VALUES('f1c09e354ac545c48623c011647878ec4dcc9c57f9774fa2be93f3e0afa942a8','01a22173-039f-7175-af0a-b995a94babc9','01a22173-02b7-77f1-a118-03e881349ce7','command line','admin',1795857515423,NULL,1795857515445,NULL);
CREATE TABLE one_time_links (
    hash       TEXT PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    -- What it is for, as JSON.
    purpose    TEXT NOT NULL,
    created_by TEXT REFERENCES people (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    used_by    TEXT REFERENCES people (id),
    -- What follows from its use has been done.
    settled    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO one_time_links VALUES('344d07ed26702479aa0277e9093496a082d99e850e8cf33aa01cd218a0af92dd','01a22173-0222-709b-8df6-973d3a675276','{"purpose":"first_visit"}',NULL,1795857515042,1827393515042,NULL,NULL,0);
CREATE TABLE share_links (
    hash       TEXT PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    board      TEXT NOT NULL REFERENCES boards (id),
    created_by TEXT REFERENCES people (id),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO share_links VALUES('99b2848561658c21269912feb292d1927c1098a464ec9b70f6a134c8a272ab1f','01a22173-03ee-7634-bb51-b068ecbabacd','01a22173-03b8-703a-a5c2-09c8c4277cdd','01a22173-02b7-77f1-a118-03e881349ce7',1795857515503,1795857515525);
INSERT INTO share_links VALUES('f740bdaffa642511e2b542aed42597e591c9b612197065bb65dab7438469c09f','01a22173-03fb-7272-bb46-851363409a78','01a22173-03b8-703a-a5c2-09c8c4277cdd','01a22173-02b7-77f1-a118-03e881349ce7',1795857515516,NULL);
CREATE TABLE known_devices (
    hash       TEXT PRIMARY KEY,
    person     TEXT NOT NULL REFERENCES people (id),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE board_members (
    board  TEXT NOT NULL REFERENCES boards (id),
    person TEXT NOT NULL,
    role   TEXT NOT NULL,
    PRIMARY KEY (board, person)
) STRICT, WITHOUT ROWID;
INSERT INTO board_members VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd','01a22173-02b7-77f1-a118-03e881349ce7','manager');
INSERT INTO board_members VALUES('01a22173-03b8-703a-a5c2-09c8c4277cdd','01a22173-0318-7366-8c3e-edb60bc14052','editor');
INSERT INTO board_members VALUES('01a22173-049b-7707-93d0-09974a264872','01a22173-02b7-77f1-a118-03e881349ce7','manager');
CREATE TABLE write_probe (at INTEGER NOT NULL);
INSERT INTO write_probe VALUES(0);
CREATE TABLE answers (
    -- Its id; most are UUIDs of version 7, which begin with their time.
    mutation    TEXT PRIMARY KEY,
    -- As in the log: tells a repetition from another request under the same id.
    fingerprint INTEGER NOT NULL,
    -- The number of its change, if it was accepted and its change has been trimmed off the log.
    seq         INTEGER,
    -- Why it was refused, as JSON, if it was.
    refusal     TEXT,
    -- When it was answered.
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE upkeep (
    one              INTEGER PRIMARY KEY CHECK (one = 1),
    -- What was answered under an id that is older may have been forgotten, so such an id is not taken any more.
    forgotten_before INTEGER NOT NULL,
    -- The time that what is deleted for its age is measured by; none yet.
    believed_at      INTEGER
) STRICT;
INSERT INTO upkeep VALUES(1,0,NULL);
CREATE TABLE installation_key (
    one                  INTEGER PRIMARY KEY CHECK (one = 1),
    key                  TEXT NOT NULL,
    unsealed_links_until INTEGER NOT NULL
) STRICT;
INSERT INTO installation_key VALUES(1,'39a2ffd9d3739e3c2601264b66a95df0f20c85c52359a21f3e0c408c7365e2c7',0);
CREATE TABLE board_list (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO board_list VALUES(1,9);
CREATE TABLE instance (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id  TEXT NOT NULL
) STRICT;
INSERT INTO instance VALUES(1,'61726973');
CREATE INDEX tasks_by_board ON tasks (board);
CREATE INDEX sessions_by_person ON sessions (person);
CREATE INDEX sessions_by_end ON sessions (ended_at);
CREATE INDEX board_members_by_person ON board_members (person);
CREATE INDEX changes_by_task ON changes (task, seq) WHERE task IS NOT NULL;
CREATE INDEX answers_by_time ON answers (at);
CREATE INDEX boards_by_listing ON boards (listed);
CREATE INDEX boards_open_to_everyone ON boards (id) WHERE everyone IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX share_links_by_board ON share_links (board);
CREATE INDEX known_devices_by_person ON known_devices (person, created_at);
COMMIT;
