"""Checksums (SHA-256) of the training and the test file of problems of the UEA and UCR archives, as `.ts` files.

Computed from the archives' own files. A problem that is not listed is read where its files lie, but not downloaded.
"""

CHECKSUMS = {
    "uea/ArticularyWordRecognition": (
        "40c54640f20aa094115a47ad1f4745f5adcc08a65085659a4a042aee1c32a6d5",
        "b4431c96e04310c55b8f50b6f93b0e20cfa019a2d25ab2a5c844e5e0b1375995",
    ),
    "uea/Epilepsy": (
        "e2555afb91b2484831bcc66b3b5db3a362ba0697e855cfbb041eac165e371022",
        "e68e220e31a9235fd7da23bbae2e59bd8315a3cc4c2b12f803885235b61b52ac",
    ),
    "uea/Handwriting": (
        "c187e2288bd7f0667ab7453de436feeadb5dd417c5778a6c62b71852b50736cc",
        "156ee781ad41d58b4e5d48a907aef956f5a3756e1ab2d796c785db1a47863524",
    ),
    "uea/NATOPS": (
        "3567f0aa297e89327215ee1147537e06f7bdc51f48ac8d2c39aaa34fb1eab1b7",
        "3a9a41a948c30d19db6b9e0ec44d946d42199c4f8724c2aa6e8b71b28612404e",
    ),
    "uea/RacketSports": (
        "f5374faaaf6a1aad9ca2ec26d0e39ba61f26b8a6d6bf1766a691027c1ca6f023",
        "c8179bbde0e45f41218ce4a46258524ae7abca7d0e7e45f4424a23d1b1d98d8d",
    ),
    "uea/UWaveGestureLibrary": (
        "cb7cd8cb995775d30dacbfd5c2a9cb3a80dfbd186fd444294bae70c9162dead1",
        "517dbc817c3f181c64727a84ee8bd0cedd3554346042898b9107010b690c331a",
    ),
    "ucr/CBF": (
        "f42c88fbf949bf7dec0e8df7325724623301a22d4190c7c035fd5b025e5b71fd",
        "88b1fdd0dcf9c5e6d8cad5557a164aab6bf239c3facb6dd902152e235f1db9dc",
    ),
    "ucr/Coffee": (
        "8895cbfd605adfa65b155b9ff81beb81c238ca4151abd4e964538c9c5fedc1ec",
        "914a553a055b913859a4e0d80aa7fb080166b33e06cdbcb4f1e5ed80f10417e6",
    ),
    "ucr/ECG200": (
        "6b855dbcbae2d968937c2416d22bdc2dc74be90d5ce6345f56950fa7e754b3fe",
        "526d18e133ea51ac13dc528fa2bb13f63b4f93473bc329f0fb8a03d4ec92c235",
    ),
    "ucr/FaceFour": (
        "5f02a142d03bdc1482819c39f96c100af981d406d62be2a9a208d11060aa59fd",
        "1626e83a59757dbf318ee91d4263f0b966886b0641e7c337caa01293c4258939",
    ),
    "ucr/GesturePebbleZ1": (
        "e885be50acbd32d666febb838769ec5d95851d6c201f2fb4c64ac8a08ad5f249",
        "6084d75d1e95be92fd7e4d07baa62cf41ae6fe6442d965d98a1c83470f431b6a",
    ),
    "ucr/GunPoint": (
        "f842401779fd9800d247d8b33121a1a4643710a19b24917dbdd9a060ca8630d5",
        "79332750788a6227b325b96bd0d70130c8eb707b9731f8d7dec62b7a7d36017e",
    ),
    "ucr/Lightning7": (
        "87a13f8e3af3d8cff169bc27ee632ef8b66173dd57b5fc8784e3ed8e5943e3ee",
        "b0f7feaa0f2602e3b639e00ccbfafcc9d523bc5e7aaa3440bd5c7190e6c1d285",
    ),
    "ucr/OSULeaf": (
        "86b9d6e860414ffd26cebc62fff84ffb37fa588ef3e5bf79e4094a437c36ddfc",
        "6c549dd354f9e42d5985fa5fab75321ca9acefc7873457e71467fc8a31f107ce",
    ),
    "ucr/PickupGestureWiimoteZ": (
        "7c26ccc96eb8a60ea515b7047b335cbd571940ddbb08e12b8c5a4b70b133d89d",
        "e8dbb102288217b49c7eccc73490611433ac8baf3b58768b0b448a57343f58e9",
    ),
    "ucr/SwedishLeaf": (
        "e99bb629e14a421bfbc1882b98cae2c44f7e941c32e547e97c612b480d0bf5be",
        "f9227efdfdaf8583c279c056e33fbbab7660dce4f17628b7f62c3e767ed3c58c",
    ),
    "ucr/Trace": (
        "02122cf1b5bc030639f53a9e17b1212f737628802bf0a598f33a3c8de2dc45f9",
        "044189ec6df2ac9ad9f30b546d38ee748fbf499c274f01a76fcc10ae1a54e5ac",
    ),
    "ucr/TwoLeadECG": (
        "ac3256b83198ac9c7df0e428d615914e5084a3739699b019a5304b4a0157989d",
        "ca5a7d5e5cbd9ad9f3f9abaa0e0967b651f315eec98ce7dcecf070e153f60231",
    ),
}
